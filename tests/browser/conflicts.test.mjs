// A conflict in the hands of its owner, with scripts and without.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { choosePrimary, connectGoogle, fallApart, fillEntry, signIn, untilThere } from "./person.mjs";
import { inWorld } from "./world.mjs";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`a conflict is noticed, decided and taken back ${how} scripts`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 320, height: 800 } }, async (page) => {
        await signIn(page, world);
        await connectGoogle(page, world);
        await choosePrimary(page);
        await page.goto(world.at("/schedule/new"));
        await fillEntry(page, "Boiler");
        await untilThere(page, world, "Boiler");
        await fallApart(page, world, "Boiler");
        const conflict = page.url();

        await page.getByRole("button", { name: "Keep what is chosen" }).click();
        assert.equal(page.url(), conflict, "nothing is sent before a side is chosen");
        await page.getByRole("radio", { name: "Title: Boiler, theirs" }).check();
        await page.getByRole("button", { name: "Keep what is chosen" }).click();
        await page.getByText("Decided. It is written with the next sync.").waitFor();
        await settled(page, javaScriptEnabled);
        await page.getByRole("link", { name: "Show the entry" }).click();
        await page.getByRole("heading", { name: "Boiler, theirs", level: 1 }).waitFor();
        const before = page.getByLabel("What the entry said before, to copy from").first();
        await page.getByText("What the entry said before").first().click();
        assert.match(await before.inputValue(), /^Title: Boiler, ours\n/);

        await page.goto(conflict);
        await page.getByRole("button", { name: "Take it back" }).click();
        await page.getByText("Taken back. Calendars follow within seconds.").waitFor();
        await untilThere(page, world, "Boiler, ours");
        await page.goto(world.at("/conflicts"));
        await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();
      }),
    ));
}

/** With scripts the page comes to it by itself. */
async function settled(page, byItself) {
  const words = page.getByText("Decided and written");
  if (byItself) return words.waitFor();
  await eventually("it is written", async () => {
    await page.reload();
    return words.isVisible();
  });
}
