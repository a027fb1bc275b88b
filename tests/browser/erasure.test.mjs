// An organisation is deleted by its administrator, with scripts and without.
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { GOOGLE, MICROSOFT, connect } from "./providers.mjs";
import { ADA, PASSWORD, inWorld } from "./world.mjs";

const NAME = "Northwind Field Service";

const told = [
  { provider: GOOGLE, javaScriptEnabled: true },
  { provider: MICROSOFT, javaScriptEnabled: false },
];
for (const { provider, javaScriptEnabled } of told) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`an organisation that uses ${provider.name} is deleted by who knows its name, ${how} scripts`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 375, height: 800 } }, async (page) => {
        await signIn(page, world, ADA);
        await connect(page, world, provider);
        await page.goto(world.at("/organization"));
        await page.getByRole("heading", { name: NAME }).waitFor();

        await ask(page, javaScriptEnabled, async (question) => {
          await question.getByText("Nobody can bring it back").waitFor();
          await question.getByRole(javaScriptEnabled ? "button" : "link", { name: "Cancel" }).click();
        });
        await ask(page, javaScriptEnabled, (question) => confirm(question, "Northwind"));
        await page.getByText("That is not the organisation's name. Nothing was deleted.").waitFor();
        await confirm(page.getByRole("main"), NAME);

        await page.getByRole("heading", { name: "Being deleted" }).waitFor();
        await page.getByText("The organisation is being deleted.").waitFor();
        await page.goto(world.at("/connections"));
        await eventually("the account is disconnected", async () => {
          await page.reload();
          return page.getByText("No calendar connected yet").isVisible();
        });
        const other = await page.context().browser().newPage({ javaScriptEnabled });
        await other.goto(world.at("/sign-in"));
        await other.getByLabel("E-mail").fill(ADA);
        await other.getByLabel("Password").fill(PASSWORD);
        await other.getByRole("button", { name: "Sign in" }).click();
        await other.getByText("Nobody can sign in any more.").waitFor();
        await other.close();
      }),
    ));
}

/** Opens the question, a dialog or a page, and answers it. */
async function ask(page, inDialog, answer) {
  await page.locator("#delete").click();
  const name = `Delete ${NAME}?`;
  if (inDialog) return answer(page.getByRole("dialog", { name }));
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  return answer(page.getByRole("main"));
}

async function confirm(question, name) {
  await question.getByLabel(`Type ${NAME} to confirm`).fill(name);
  await question.getByRole("button", { name: "Delete for ever" }).click();
}
