// The way of a newcomer through the whole product, in a browser with everything switched on.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { fillEntry, signIn } from "./person.mjs";
import { GOOGLE, MICROSOFT, addThere, choosePrimary, connect, consent, dayThere, untilThere } from "./providers.mjs";
import { MIA, inWorld } from "./world.mjs";

for (const provider of [GOOGLE, MICROSOFT]) {
  test(`a newcomer connects ${provider.name} and edits both sides`, () =>
    inWorld((world) =>
      inBrowser(world, {}, async (page) => {
        await signIn(page, world);
        await firstConnection(page, world, provider);
        await firstSync(page, provider);
        const there = await page.context().newPage();
        await anEventArrives(page, there, world, provider);
        await anEntryGoesOut(page, there, world, provider);
        await syncNow(page);
        await signOut(page, world);
      }),
    ));
}

test("who has both providers has each one's events in the other", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world);
      for (const provider of [GOOGLE, MICROSOFT]) {
        await connect(page, world, provider);
        await choosePrimary(page, provider);
      }
      await page.goto(world.at("/connections"));
      for (const { name } of [GOOGLE, MICROSOFT]) {
        const card = page.getByRole("article", { name: MIA }).filter({ hasText: name });
        await card.getByText("In sync").waitFor();
      }
      const there = await page.context().newPage();
      for (const [from, to, title] of [[GOOGLE, MICROSOFT, "Lift inspection"], [MICROSOFT, GOOGLE, "Boiler inspection"]]) {
        await there.goto(dayThere(world, from));
        await addThere(there, title, "13:00", "14:30");
        await untilThere(there, world, title, to);
        await page.goto(world.at("/schedule"));
        assert.equal(await page.getByRole("link", { name: title }).count(), 1, "one entry of both");
      }
    }),
  ));

test("what was synced is still there after a restart", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world);
      await connect(page, world);
      await choosePrimary(page);
      await page.goto(world.at("/schedule/new"));
      await fillEntry(page, "Outlives the process");
      await untilThere(page, world, "Outlives the process");

      await world.restart();

      await page.goto(world.at("/"));
      await page.getByRole("link", { name: "Outlives the process" }).waitFor();
      await page.getByRole("link", { name: "Connections" }).click();
      await page.getByRole("heading", { name: MIA }).waitFor();
      await untilThere(page, world, "Outlives the process");
    }),
  ));

async function firstConnection(page, world, provider) {
  await page.getByRole("link", { name: "Connections" }).click();
  await page.getByRole("heading", { name: "No calendar connected yet" }).waitFor();
  const forwarded = page.waitForResponse(world.at("/connections/connect"));
  await page.getByRole("button", { name: `Connect ${provider.name}` }).click();
  assert.equal((await forwarded).status(), 200, "a page leads on, since a redirect would break the content policy");
  await consent(page, world, provider);
  await page.getByRole("status").getByText("Connected. Choose the calendars to keep in sync.").waitFor();
}

async function firstSync(page, provider) {
  await choosePrimary(page, provider);
  // Nobody reloads: the page looks again by itself while a run is in flight.
  const state = page.getByRole("region", { name: "Sync", exact: true });
  await state.getByText("In sync").waitFor();
  await page.getByRole("region", { name: "Recent runs" }).getByRole("cell", { name: "Done" }).first().waitFor();
}

async function anEventArrives(page, there, world, provider) {
  await there.goto(dayThere(world, provider));
  await addThere(there, "Boiler inspection", "13:00", "14:30");

  await page.getByRole("link", { name: "Schedule" }).click();
  const entry = page.getByRole("link", { name: "Boiler inspection" });
  await eventually("the week shows the event", async () => {
    await page.reload();
    return entry.isVisible();
  });
  assert.match(await entry.innerText(), /13:00 – 14:30/);
}

async function anEntryGoesOut(page, there, world, provider) {
  await page.getByRole("link", { name: "New entry", exact: true }).click();
  await fillEntry(page, "Van service");
  // Nobody reloads here either: the page looks again while a calendar is awaited.
  await page.getByRole("region", { name: "Where this is synced" }).getByText("Synced", { exact: true }).waitFor();
  await untilThere(there, world, "Van service", provider);

  await page.getByLabel("Title").fill("Van service, both vans");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Van service, both vans", level: 1 }).waitFor();
  await untilThere(there, world, "Van service, both vans", provider);

  await deleteByKeyboard(page);
  await eventually("the calendar forgets it", async () => {
    await there.reload();
    return (await there.getByRole("heading", { name: "Van service" }).count()) === 0;
  });
  assert.equal(await page.getByRole("link", { name: "Van service" }).count(), 0);
}

async function deleteByKeyboard(page) {
  const asks = page.getByRole("link", { name: "Delete" });
  await asks.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Delete Van service, both vans?" });
  await dialog.waitFor();
  assert.equal(await focused(page), "Cancel", "the harmless answer is the first at hand");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await focused(page), "Delete", "a closed dialog gives the focus back");

  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Delete");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/schedule\?week=/);
  await page.getByRole("status").getByText("Deleted. Calendars follow within seconds.").waitFor();
}

async function syncNow(page) {
  await page.getByRole("link", { name: "Connections" }).click();
  await page.getByRole("link", { name: "Manage" }).click();
  const before = await page.getByRole("cell", { name: "Sync now" }).count();
  await page.getByRole("button", { name: "Sync now" }).click();
  await page.getByRole("status").getByText("A sync has started.").waitFor();
  const run = page.getByRole("row").filter({ has: page.getByRole("cell", { name: "Sync now" }) });
  await run.filter({ hasText: "Done" }).nth(before).waitFor();
}

async function signOut(page, world) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(world.at("/sign-in"));
  await page.goBack();
  await page.waitForURL(/\/sign-in/);
}

function focused(page) {
  return page.evaluate(() => document.activeElement.innerText.trim());
}
