// What waits for a member: told wherever they look, and decided where it is told.
import assert from "node:assert/strict";
import { test } from "node:test";

import { inBrowser } from "./browser.mjs";
import { fallApart, fillEntry, signIn } from "./person.mjs";
import { GOOGLE, MICROSOFT, choosePrimary, connect, untilThere } from "./providers.mjs";
import { inWorld } from "./world.mjs";

for (const [provider, javaScriptEnabled] of [[GOOGLE, true], [MICROSOFT, false]]) {
  const how = `with ${provider.name} ${javaScriptEnabled ? "and" : "without"} scripts`;
  test(`a conflict is told in the menu and decided where it is told, ${how}`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 320, height: 800 } }, async (page) => {
        await signIn(page, world);
        await connect(page, world, provider);
        await choosePrimary(page, provider);
        await page.goto(world.at("/notifications"));
        await page.getByRole("heading", { name: "Nothing waits for you" }).waitFor();
        await page.goto(world.at("/schedule/new"));
        await fillEntry(page, "Boiler");
        await untilThere(page, world, "Boiler", provider);
        await fallApart(page, world, "Boiler", provider);

        await page.goto(world.at("/schedule"));
        if (javaScriptEnabled) {
          await page.getByRole("button", { name: "Menu" }).click();
          await page.getByRole("link", { name: "Notifications 1 waiting" }).waitFor();
          const told = await page.evaluate(() => sessionStorage.getItem("seen"));
          assert.match(told, /^news-conflict-\S+$/, "it was told in this tab, and is not told again");
          assert.equal(await page.getByText("1 new notification").count(), 0);
        }
        await page.goto(world.at("/notifications"));
        const row = page.getByRole("listitem").filter({ hasText: "“Boiler, ours” was changed on both sides" });
        await row.getByText("it differs in title").waitFor();
        await row.getByRole("button", { name: "Keep all of the calendar" }).click();
        await page.getByText("Your decision is saved.").waitFor();
        await page.goto(world.at("/notifications"));
        await page.getByRole("heading", { name: "Nothing waits for you" }).waitFor();
        await untilThere(page, world, "Boiler, theirs", provider);
      }),
    ));
}

test("what comes to wait is told by a toast on the page that is looked at", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world);
      await connect(page, world, GOOGLE);
      await choosePrimary(page, GOOGLE);
      await page.goto(world.at("/schedule/new"));
      await fillEntry(page, "Boiler");
      await untilThere(page, world, "Boiler", GOOGLE);

      const other = await page.context().newPage();
      await page.goto(world.at("/schedule"));
      assert.equal(await page.locator("#notifications-count").innerText(), "");
      await fallApart(other, world, "Boiler", GOOGLE);

      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await page.getByText("1 new notification").waitFor();
      await page.getByRole("link", { name: "Notifications 1 waiting" }).waitFor();
    }),
  ));
