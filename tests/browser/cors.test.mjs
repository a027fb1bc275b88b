// A page of another site calls the API, in a browser that decides by itself what the page may see.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { ADA, inWorld } from "./world.mjs";

const LIST = "/api/v1/schedule/entries?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z";
const ENTRIES = "/api/v1/schedule/entries";
const at = (hour) => ({ local: `2027-03-04T${hour}:00:00`, zone: "Europe/Berlin" });
const VISIT = JSON.stringify({ title: "Boiler", start: at("10"), end: at("11") });

test("a page of another site gets what a key and the organisation allow, and nothing with cookies", () =>
  inWorld((world) =>
    elsewhere((site) =>
      inBrowser(world, { viewport: { width: 375, height: 800 } }, async (page) => {
        await signIn(page, world, ADA);
        await page.goto(world.at("/integrations/api-keys/new"));
        await page.getByLabel("What is it for?").fill("Portal");
        await page.locator("[name='scope-schedule.read']").check();
        await page.locator("[name='scope-schedule.write']").check();
        await page.getByRole("button", { name: "Make the key" }).click();
        const key = await page.locator("#secret").innerText();
        const other = await page.context().newPage();
        await other.goto(site);
        const call = (path, options) => other.evaluate(fetched, { url: world.at(path), options });
        const authorization = `Bearer ${key}`;
        const read = { headers: { authorization } };
        const write = { method: "POST", headers: { authorization, "content-type": "application/json" }, body: VISIT };

        assert.equal(await call(LIST, read), "unreadable");
        assert.equal(await call(ENTRIES, write), "unreadable");

        await page.goto(world.at("/organization"));
        await page.getByLabel("Sites").fill(`${site}\nhttps://portal.northwind.test`);
        await page.getByRole("button", { name: "Save the sites" }).click();
        await page.getByText("Sites saved.").waitFor();

        assert.deepEqual(await call(ENTRIES, write), { status: 201, tag: '"1"', titles: "Boiler" });
        assert.deepEqual(await call(LIST, read), { status: 200, tag: null, titles: "Boiler" }, "the first was not made");
        // The browser has the member's cookies for this host, and would send them.
        const withCookies = { credentials: "include" };
        assert.equal(await call(LIST, withCookies), "unreadable");
        assert.equal(await call(LIST, { ...read, ...withCookies }), "unreadable");
        assert.equal(await call("/api/users/auth/profile/", read), "unreadable");
      }),
    ),
  ));

/** What a page sees of an answer, if its browser lets it. */
async function fetched({ url, options }) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    return "unreadable";
  }
  const { title, items } = await answer.json();
  const titles = items?.map((one) => one.title).join() ?? title;
  return { status: answer.status, tag: answer.headers.get("etag"), titles };
}

/** A site of its own on this machine: an empty page. */
async function elsewhere(act) {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await act(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
