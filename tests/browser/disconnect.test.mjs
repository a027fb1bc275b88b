// An account is disconnected by its owner, with scripts and without.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { MIA, choosePrimary, connectGoogle, fillEntry, signIn, untilThere } from "./person.mjs";
import { inWorld } from "./world.mjs";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`an account is disconnected and its receipt read ${how} scripts`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 375, height: 800 } }, async (page) => {
        await signIn(page, world);
        await connectGoogle(page, world);
        const connection = page.url();
        await choosePrimary(page);
        await page.goto(world.at("/schedule/new"));
        await fillEntry(page, "Boiler");
        await untilThere(page, world, "Boiler");

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
        await page.getByText("Withdrawn", { exact: true }).waitFor();
        assert.equal(await page.getByRole("button", { name: "Sync now" }).count(), 0);

        await page.getByRole("link", { name: "Connect an account" }).click();
        await page.getByRole("heading", { name: "No calendar connected yet" }).waitFor();
        await connectGoogle(page, world);
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
