// Pages that keep themselves fresh: on a fake clock, so that half a minute takes none.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { fillEntry, signIn } from "./person.mjs";
import { MIA, PASSWORD, inWorld } from "./world.mjs";

const TICK_MS = 30_000;
const STARTED_MS = 1_000;
const LEAD_MS = 60_000;

test("pages that keep themselves fresh", (t) =>
  inWorld(async (world) => {
    const live = (name, act, options = {}) =>
      t.test(name, () => inBrowser(world, options, (page) => onSchedule(page, world, act)));

    await live("the week looks again every 30 seconds", async (page, looks) => {
      await page.clock.runFor(TICK_MS - STARTED_MS - 1);
      assert.equal(looks.length, 0);
      await looked(page, looks, () => page.clock.runFor(1));
      await looked(page, looks, () => page.clock.runFor(TICK_MS));
      assert.equal(looks.length, 2);
    });

    await live("a paused page stands still until it goes on", async (page, looks) => {
      await page.getByRole("button", { name: "Pause updates" }).click();
      await page.getByRole("status").getByText("Paused").waitFor();
      await page.clock.runFor(10 * TICK_MS);
      assert.equal(looks.length, 0);

      await looked(page, looks, () => page.getByRole("button", { name: "Pause updates", pressed: true }).click());
      await page.getByRole("status").getByText("Refreshing every 30 s").waitFor();
      assert.equal(looks.length, 1);
    });

    await live("who pauses one page has paused all, and a page that never looks again does not say that it does", async (page) => {
      await page.getByRole("button", { name: "Pause updates" }).click();
      await page.goto(world.at("/notifications"));
      await page.getByRole("status").getByText("Paused").waitFor();
      await page.getByRole("button", { name: "Pause updates", pressed: true }).click();
      await page.goto(world.at("/schedule"));
      await page.getByRole("status").getByText("Refreshing every 30 s").waitFor();
      await page.goto(world.at("/schedule/new"));
      await page.locator("#live").waitFor({ state: "hidden" });
    });

    await live("a hidden page asks for nothing and looks at once when it is seen again", async (page, looks) => {
      await turn(page, { hidden: true });
      await page.clock.runFor(10 * TICK_MS);
      assert.equal(looks.length, 0);
      await looked(page, looks, () => turn(page, { hidden: false }));
    });

    await live(
      "a page that cannot look again says since when it is stale",
      async (page) => {
        await page.route("**/schedule*", (route) => route.fulfill({ status: 503 }));
        const failed = () => page.waitForResponse((answer) => answer.status() === 503);
        await Promise.all([failed(), page.clock.runFor(TICK_MS)]);
        await Promise.all([failed(), page.clock.runFor(TICK_MS)]);
        await page.getByRole("status").getByText(/Stale since \d\d:\d\d/).waitFor();
        await page.getByText("This page could not be brought up to date. It keeps trying.").waitFor();
      },
      { tolerate: /status of 503/ },
    );

    await live("a proof that ran out is renewed without the page noticing", async (page) => {
      await page.getByLabel("Go to date").fill("2027-03-02");
      await page.context().clearCookies({ name: "kalends" });
      const renewed = page.waitForResponse((answer) => answer.request().redirectedFrom() && answer.status() === 200);
      await page.clock.runFor(TICK_MS);
      assert.equal(new URL((await renewed).url()).pathname, "/schedule");
      assert.equal(await page.getByLabel("Go to date").inputValue(), "2027-03-02");
    });

    await live("a form that stood open for longer than the proof is saved all the same", async (page) => {
      await page.goto(world.at("/schedule/new"));
      await page.getByLabel("Title").waitFor();
      await page.context().clearCookies({ name: "kalends" });
      await fillEntry(page, "Typed slowly");
    });

    await live("a session that ended leads to sign-in and back to the page", async (page) => {
      const [url, name] = [world.at("/"), "kalends-refresh"];
      await page.context().clearCookies({ name: "kalends" });
      await page.context().addCookies([{ name, value: "from-another-life", url, httpOnly: true }]);
      await page.clock.runFor(TICK_MS);
      await page.waitForURL(/\/sign-in\?/);
      await page.getByRole("alert").getByText("You were signed out after a while away.").waitFor();
      await page.getByLabel("E-mail").fill(MIA);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(world.at("/schedule"));
    });
  }));

/** The week on a clock that only moves when told to, and the list of its own looks at the server. */
async function onSchedule(page, world, act) {
  await signIn(page, world);
  const start = Date.now();
  // The clock runs from the moment it is installed until it is told to stand, and cannot be told to stand in its past.
  await page.clock.install({ time: start - LEAD_MS });
  await page.clock.pauseAt(start);
  const counted = page.waitForResponse((answer) => isCount(answer.request()));
  await page.reload();
  // The script of the fragments begins a moment after the page.
  await page.clock.runFor(STARTED_MS);
  await counted;
  await page.locator("#notifications-count:not(.htmx-request)").waitFor({ state: "attached" });
  const looks = [];
  page.on("request", (request) => {
    if (isLook(request)) looks.push(request.url());
  });
  await act(page, looks);
}

/** Does something that makes the page look again, and waits for the answer. */
async function looked(page, looks, cause) {
  const before = looks.length;
  const answered = page.waitForResponse((answer) => isLook(answer.request()));
  await cause();
  await answered;
  assert.equal(looks.length, before + 1);
}

/** The menu's count follows each look of the page. */
function isLook(request) {
  return request.headers()["hx-request"] === "true" && !isCount(request);
}

function isCount(request) {
  return new URL(request.url()).pathname === "/notifications/count";
}

/** Headless tabs are never hidden, so the page is told that it is. */
function turn(page, { hidden }) {
  return page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, value });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}
