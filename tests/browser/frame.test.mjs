// What surrounds every page: the menu, the theme, the way past both.
import assert from "node:assert/strict";
import { test } from "node:test";

import { inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { inWorld } from "./world.mjs";

test("the frame of every page", (t) =>
  inWorld(async (world) => {
    await t.test("on a narrow page the menu waits behind a button, and Escape closes it", () =>
      inBrowser(world, { viewport: { width: 375, height: 800 } }, async (page) => {
        await signIn(page, world);
        const button = page.getByRole("button", { name: "Menu" });
        const link = page.getByRole("link", { name: "Connections", exact: true });
        assert.ok(await link.isHidden());

        await button.click();
        assert.ok(await link.isVisible());
        assert.equal(await button.getAttribute("aria-expanded"), "true");

        await link.focus();
        await page.keyboard.press("Escape");
        assert.ok(await link.isHidden());
        assert.equal(await focused(page), "menu-toggle");
      }));

    await t.test("a chosen theme is in the page before any script runs", () =>
      inBrowser(world, { colorScheme: "light" }, async (page) => {
        await signIn(page, world);
        await page.getByRole("button", { name: "Theme" }).click();
        for (const path of ["/connections", "/nowhere"]) {
          const answer = await page.goto(world.at(path));
          assert.match(await answer.text(), /<html lang="en" data-theme="dark">/, path);
        }
      }));

    await t.test("the first thing at hand is the way past the menu", () =>
      inBrowser(world, {}, async (page) => {
        await signIn(page, world);
        await page.keyboard.press("Tab");
        assert.equal(await focused(page), "skip-link");
        await page.keyboard.press("Enter");
        assert.equal(await focused(page), "content");
        await page.keyboard.press("Tab");
        assert.equal(await focused(page), "new-entry");
      }));

    await t.test("a sign-in form left over in another tab locks nobody out", () =>
      inBrowser(world, {}, async (page) => {
        await page.goto(world.at("/sign-in"));
        await signIn(await page.context().newPage(), world);
        await page.getByLabel("E-mail").fill("mia@northwind.test");
        await page.getByLabel("Password").fill("kalends-demo");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("heading", { name: "This was not allowed" }).waitFor();
        await page.goto(world.at("/sign-in"));
        await page.waitForURL(world.at("/schedule"));
      }));
  }));

function focused(page) {
  return page.evaluate(() => document.activeElement.id);
}
