// An account is disconnected by its owner, with scripts and without.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { fillEntry, signIn } from "./person.mjs";
import { GOOGLE, MICROSOFT, choosePrimary, connect, untilThere } from "./providers.mjs";
import { MIA, inWorld } from "./world.mjs";

const told = [
  { provider: GOOGLE, javaScriptEnabled: true, access: "Withdrawn" },
  { provider: MICROSOFT, javaScriptEnabled: false, access: "Not withdrawn: only the account's owner can" },
];
for (const { provider, javaScriptEnabled, access } of told) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`an account of ${provider.name} is disconnected and its receipt read ${how} scripts`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 375, height: 800 } }, async (page) => {
        await signIn(page, world);
        await connect(page, world, provider);
        const connection = page.url();
        await choosePrimary(page, provider);
        await page.goto(world.at("/schedule/new"));
        await fillEntry(page, "Boiler");
        await untilThere(page, world, "Boiler", provider);

        await page.goto(connection);
        await disconnect(page, javaScriptEnabled, async (question) => {
          await question.getByText("Entries in the schedule stay.").waitFor();
          await question.getByRole(javaScriptEnabled ? "button" : "link", { name: "Cancel" }).click();
        });
        assert.equal(page.url(), connection, "nothing happens to who cancels");
        await page.getByRole("button", { name: "Sync now" }).waitFor();

        await disconnect(page, javaScriptEnabled, async (question) => {
          await question.getByLabel("Also remove the copies we created in this calendar").check();
          await question.getByRole("button", { name: "Disconnect" }).click();
        });
        await page.getByText("Disconnected. What is left is being taken down.").waitFor();
        await over(page, javaScriptEnabled);
        assert.equal(page.url(), connection);
        await page.getByText("1 removed", { exact: true }).waitFor();
        await page.getByText(access, { exact: true }).waitFor();
        assert.equal(await page.getByRole("button", { name: "Sync now" }).count(), 0);

        await page.getByRole("link", { name: "Connect an account" }).click();
        await page.getByRole("heading", { name: "No calendar connected yet" }).waitFor();
        await connect(page, world, provider);
        await page.getByRole("heading", { name: MIA, level: 1 }).waitFor();
        assert.notEqual(page.url(), connection);
      }),
    ));
}

/** Opens the question, a dialog or a page, and answers it. */
async function disconnect(page, inDialog, answer) {
  if (inDialog) {
    await page.getByRole("button", { name: "Disconnect" }).or(page.getByRole("link", { name: "Disconnect" })).first().click();
    return answer(page.getByRole("dialog", { name: `Disconnect ${MIA}?` }));
  }
  await page.getByRole("link", { name: "Disconnect" }).click();
  await page.getByRole("heading", { name: `Disconnect ${MIA}?`, level: 1 }).waitFor();
  return answer(page.getByRole("main"));
}

/** With scripts the page comes to it by itself. */
async function over(page, byItself) {
  const receipt = page.getByRole("heading", { name: "Receipt" });
  if (byItself) return receipt.waitFor();
  await eventually("it is over", async () => {
    await page.reload();
    return receipt.isVisible();
  });
}
