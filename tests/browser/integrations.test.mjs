// The operator's view: cards, the feed, errors, and who may see them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { GOOGLE, choosePrimary, connect } from "./providers.mjs";
import { ADA, inWorld } from "./world.mjs";

const DASHBOARD = "/integrations/dashboard";
const TICK_MS = 30_000;
// Of the log, at once.
const SHOWN = 50;

test("an administrator sees how it goes with every integration", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world, ADA);
      await page.goto(world.at("/integrations"));
      await page.waitForURL(world.at(DASHBOARD));
      assert.deepEqual(await titles(page), ["Google Calendar", "Microsoft 365", "API Keys", "Webhooks"]);
      await page.getByText("No recent integration activity").waitFor();
      await page.getByText("All integrations healthy").waitFor();

      await connect(page, world, GOOGLE);
      await choosePrimary(page, { ...GOOGLE, primary: ADA });
      await page.goto(world.at(DASHBOARD));
      const google = page.locator("#card-google");
      await google.getByText("Connected", { exact: true }).first().waitFor();
      await eventually("the first sync is counted", async () => {
        await page.getByRole("link", { name: "Refresh" }).click();
        return google.getByText(/100% \(\d+\/\d+ syncs\)/).isVisible();
      });
      await google.getByRole("link", { name: "Google Calendar" }).click();
      await page.waitForURL(world.at("/integrations/google"));
      await page.getByText(ADA).first().waitFor();
      assert.equal(await page.locator("#nav-google").getAttribute("aria-current"), "page");
      assert.equal(await page.locator("#nav-dashboard").getAttribute("aria-current"), null);

      await page.goto(world.at(DASHBOARD));
      await page.getByLabel("Invoices and orders first").check();
      await page.locator("#pin").click();
      await page.getByText("The cards stand in their new order.").waitFor();
      assert.deepEqual(await titles(page), ["Comarch Optima", "EDI", "API Keys", "Webhooks"]);
      await page.locator("#card-edi").getByText("Set up EDI to enable order automation").waitFor();
      await page.locator("#card-edi-configure").click();
      await page.getByRole("heading", { name: "EDI", level: 1 }).waitFor();
    }),
  ));

test("what a connector reports is on the page within a tick, and can be looked into", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await page.clock.install();
      await signIn(page, world, ADA);
      const key = await makeKey(page, world);
      await report(world, key, "edi", { status: "success", event_type: "order.received", message: "Order 6" });
      await page.goto(world.at(DASHBOARD));
      await page.getByText("Order 6").waitFor();

      await report(world, key, "edi", {
        status: "error",
        event_type: "order.received",
        message: "Order 7 was refused",
        error_message: "Invalid API credentials",
        request_body: { order: 7, password: "hunter2" },
        retry_count: 3,
      });
      await page.clock.runFor(TICK_MS);
      await page.getByRole("status").getByText("1 new event", { exact: true }).waitFor();
      const row = page.locator("#events > li").first();
      await row.locator("summary").click();
      await row.getByText('"order": 7').waitFor();
      await row.getByText('"password": "[removed]"').waitFor();
      await row.getByText("Invalid API credentials").waitFor();

      const edi = page.locator("#card-edi");
      await edi.getByText("Error", { exact: true }).waitFor();
      await edi.getByText("Invalid API credentials").waitFor();
      await edi.getByText("50% (1/2 syncs)").waitFor();

      await report(world, key, "edi", { status: "success", event_type: "order.received", message: "Order 8" });
      await page.clock.runFor(TICK_MS);
      await page.locator("#events > li").first().getByText("Order 8").waitFor();
      const opened = page.locator("#events > li").nth(1);
      assert.ok(await opened.getByText('"order": 7').isVisible(), "what was opened stays open");
      assert.ok(await opened.locator("summary").evaluate((it) => it === document.activeElement), "focus stays where it was");
      await page.getByRole("link", { name: "Failed Syncs (24h)" }).click();
      await page.waitForURL(world.at("/integrations/logs?status=error&date_range=24h"));
      assert.equal(await page.getByLabel("Status").inputValue(), "error");
      assert.equal(await page.getByLabel("Time").inputValue(), "24h");
      await page.getByText("Order 7 was refused").waitFor();
      assert.equal(await page.getByText("Order 6").count(), 0);
    }),
  ));

for (const [who, javaScriptEnabled] of [["vic@northwind.test", true], ["uwe@northwind.test", false]]) {
  test(`${who} is told that this is not theirs, and taken home`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled }, async (page) => {
        await signIn(page, world, who);
        assert.equal(await page.locator("#nav-dashboard").count(), 0, "nobody is led where they may not go");
        const answer = await page.goto(world.at(DASHBOARD));
        assert.equal(answer.status(), 403);
        await page.getByRole("heading", { name: "You do not have access to this" }).waitFor();
        await page.waitForURL(world.at("/schedule"));
        await page.getByText("Insufficient permissions").waitFor();
      }),
    ));
}

test("an IT manager reads everything and is offered nothing to change", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world, "ivo@northwind.test");
      for (const path of [DASHBOARD, "/integrations/google", "/integrations/edi", "/integrations/logs", "/integrations/error-queue", "/integrations/api-keys"]) {
        const answer = await page.goto(world.at(path));
        assert.equal(answer.status(), 200, path);
        const forms = page.locator('main form[method="post"], main a.primary[href*="new"]');
        assert.equal(await forms.count(), 0, path);
      }
    }),
  ));

test("a subcontractor is invited from the supplier portal, without scripts", () =>
  inWorld((world) =>
    inBrowser(world, { javaScriptEnabled: false }, async (page) => {
      await signIn(page, world, ADA);
      await page.getByRole("link", { name: "Supplier", exact: true }).click();
      await page.getByRole("heading", { name: "Supplier portal", level: 1 }).waitFor();
      await page.getByText("No calendar connected yet").first().waitFor();
      await page.getByRole("link", { name: "Invite a subcontractor" }).click();
      assert.equal(await page.getByLabel("Role").inputValue(), "USER");
      await page.getByLabel("E-mail").fill("sam@solder.test");
      await page.getByRole("main").getByRole("button").first().click();
      await page.getByText("sam@solder.test").first().waitFor();
      await page.goto(world.at("/portals/supplier"));
      await page.getByRole("heading", { name: "Invited" }).waitFor();
      await page.getByText("sam@solder.test").waitFor();
    }),
  ));

test("the log says exactly when, stands in line, and leads back to the newest", () =>
  inWorld((world) =>
    inBrowser(world, { viewport: { width: 375, height: 800 } }, async (page) => {
      await signIn(page, world, ADA);
      const key = await makeKey(page, world);
      const event = { status: "success", event_type: "order.received" };
      for (let number = 0; number <= SHOWN; number += 1) {
        await report(world, key, "edi", { ...event, message: `Order ${number}` });
      }
      await page.goto(world.at("/integrations/logs?integration_type=edi"));
      const row = page.locator("#events > li").first();
      assert.match(await row.locator("summary").innerText(), /\d{1,2} \w+ \d{4}, \d{2}:\d{2} Europe\/Berlin/);
      await row.locator("summary time[data-relative]").waitFor();
      const [show, clear] = await Promise.all(["#show", "#clear"].map((id) => page.locator(id).boundingBox()));
      assert.equal(show.y, clear.y, "they stand in line");

      assert.equal(await page.locator("#newest").count(), 0, "these are the newest");
      await page.getByRole("link", { name: "Older" }).click();
      await page.getByText("Order 0").waitFor();
      await page.getByRole("link", { name: "Newest" }).click();
      await page.getByText(`Order ${SHOWN}`).waitFor();
      assert.equal(await page.locator("#integration_type").inputValue(), "edi", "the filter stays");
    }),
  ));

async function titles(page) {
  return page.locator("#cards h3").allInnerTexts();
}

async function makeKey(page, world) {
  await page.goto(world.at("/integrations/api-keys/new"));
  await page.getByLabel("What is it for?").fill("Connector");
  await page.locator("#scope-integrations-report").check();
  await page.getByRole("button", { name: "Make the key" }).click();
  return page.locator("#secret").innerText();
}

async function report(world, key, connector, body) {
  const answer = await fetch(world.at(`/api/v1/integrations/${connector}/events`), {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201, await answer.text());
}
