// The same product for a browser that runs no scripts: forms, links and redirects only.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser, today } from "./browser.mjs";
import { fillEntry, signIn } from "./person.mjs";
import { choosePrimary, connect, untilThere } from "./providers.mjs";
import { inWorld } from "./world.mjs";

test("everything can be done without scripts", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false }, async (page) => {
      await signIn(page, world);
      await connect(page, world);
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

test("one occurrence, those that follow or all are meant without scripts", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false }, async (page) => {
      await signIn(page, world);
      await page.goto(world.at("/schedule/new"));
      await page.getByLabel("Repeats").selectOption("Every day");
      await fillEntry(page, "Night watch");
      await open(page, world, "Night watch");
      await page.getByLabel("Title").fill("Night watch, two guards");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Changed: title").waitFor();

      await page.getByRole("button", { name: "As the series" }).click();
      await page.getByText("It is as the series has it again.").waitFor();
      await page.getByLabel("Title").fill("Watch");
      await page.getByRole("radio", { name: "All of the series" }).check();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { name: "Watch", level: 1 }).waitFor();

      await open(page, world, "Watch");
      await page.getByRole("link", { name: "Delete" }).click();
      await page.getByRole("radio", { name: "Only this one" }).check();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByText("Deleted. Calendars follow within seconds.").waitFor();
      await page.goto(world.at(`/schedule?week=${today()}`));
      assert.equal(await page.locator(`[id$="-${today()}"].chip`).count(), 0, "today's is gone");
      await page.goto(world.at(`/schedule?week=${daysAhead(7)}`));
      assert.equal(await page.getByRole("link", { name: "Watch" }).count(), 7, "all others take place");
    }),
  ));

test("what only scripts can do is not offered without them", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false, viewport: { width: 375, height: 800 } }, async (page) => {
      await signIn(page, world);
      for (const name of ["Menu", "Theme", "Pause updates"]) {
        assert.ok(await page.getByRole("button", { name }).isHidden(), `${name} would do nothing`);
      }
    }),
  ));

test("without scripts a narrow page begins with what it is about, and its menu opens by a link", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false, viewport: { width: 375, height: 800 } }, async (page) => {
      await signIn(page, world);
      const connections = page.getByRole("link", { name: "Connections", exact: true });
      const top = async () => (await page.getByRole("heading", { level: 1 }).boundingBox()).y;
      assert.ok(await connections.isHidden());
      assert.ok((await top()) < 200, "the page begins where it is seen");

      await page.getByRole("link", { name: "Menu" }).click();
      assert.ok(await connections.isVisible());
      await connections.click();
      await page.getByRole("heading", { name: "Connections", level: 1 }).waitFor();
      assert.ok(await connections.isHidden());

      await page.setViewportSize({ width: 1280, height: 800 });
      assert.ok(await connections.isVisible());
      assert.equal(await page.getByRole("link", { name: "Menu" }).count(), 0, "there it stands open");
    }),
  ));

/** The occurrence of today, by its chip in the week. */
async function open(page, world, title) {
  await page.goto(world.at(`/schedule?week=${today()}`));
  await page.locator(`[id$="-${today()}"].chip`).filter({ hasText: title }).click();
  await page.getByRole("heading", { name: "One of a series" }).waitFor();
}

function daysAhead(days) {
  const at = new Date(`${today()}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** Reloads until as many runs are done; nothing on the page moves by itself. */
async function untilSynced(page, runs) {
  await eventually(`${runs} runs are done`, async () => {
    await page.reload();
    return (await page.getByRole("row").filter({ hasText: "Done" }).count()) >= runs;
  });
}
