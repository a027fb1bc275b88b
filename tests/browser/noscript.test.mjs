// The same product for a browser that runs no scripts: forms, links and redirects only.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { choosePrimary, connectGoogle, fillEntry, signIn, untilThere } from "./person.mjs";
import { inWorld } from "./world.mjs";

test("everything can be done without scripts", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false }, async (page) => {
      await signIn(page, world);
      await connectGoogle(page, world);
      await page.getByText("Connected. Choose the calendars to keep in sync.").waitFor();
      await choosePrimary(page);
      await untilSynced(page, 1);

      await page.getByRole("button", { name: "Sync now" }).click();
      await page.getByText("A sync has started.").waitFor();
      await untilSynced(page, 2);

      await page.getByRole("link", { name: "Schedule" }).click();
      await page.getByRole("link", { name: "New entry", exact: true }).click();
      await fillEntry(page, "Roof survey");
      const entry = page.url();
      await untilThere(page, world, "Roof survey");

      await page.goto(entry);
      await page.getByRole("link", { name: "Delete" }).click();
      await page.getByRole("heading", { name: "Delete Roof survey?", level: 1 }).waitFor();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByText("Deleted. Calendars follow within seconds.").waitFor();
      assert.equal(await page.getByRole("link", { name: "Roof survey" }).count(), 0);

      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(world.at("/sign-in"));
      await page.goto(entry);
      await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
    }),
  ));

test("what only scripts can do is not offered without them", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false, viewport: { width: 375, height: 800 } }, async (page) => {
      await signIn(page, world);
      for (const name of ["Menu", "Theme", "Pause updates"]) {
        assert.ok(await page.getByRole("button", { name }).isHidden(), `${name} would do nothing`);
      }
      assert.ok(await page.getByRole("link", { name: "Connections" }).isVisible(), "the menu stands open");
    }),
  ));

/** Reloads until as many runs are done; nothing on the page moves by itself. */
async function untilSynced(page, runs) {
  await eventually(`${runs} runs are done`, async () => {
    await page.reload();
    return (await page.getByRole("row").filter({ hasText: "Done" }).count()) >= runs;
  });
}
