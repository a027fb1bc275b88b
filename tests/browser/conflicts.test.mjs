// A conflict in the hands of its owner, with scripts and without.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { fallApart, fillEntry, signIn } from "./person.mjs";
import { GOOGLE, MICROSOFT, choosePrimary, connect, untilThere } from "./providers.mjs";
import { inWorld } from "./world.mjs";

for (const [provider, javaScriptEnabled] of [[GOOGLE, true], [MICROSOFT, false]]) {
  const how = `with ${provider.name} ${javaScriptEnabled ? "and" : "without"} scripts`;
  test(`a conflict is noticed, decided and taken back ${how}`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 320, height: 800 } }, async (page) => {
        await signIn(page, world);
        await connect(page, world, provider);
        await choosePrimary(page, provider);
        await page.goto(world.at("/schedule/new"));
        await fillEntry(page, "Boiler");
        await untilThere(page, world, "Boiler", provider);
        await fallApart(page, world, "Boiler", provider);
        const conflict = page.url();

        await page.getByRole("button", { name: "Keep what is chosen" }).click();
        assert.equal(page.url(), conflict, "nothing is sent before a side is chosen");
        await page.getByRole("radio", { name: "Title: Boiler, theirs" }).check();
        await page.getByRole("button", { name: "Keep what is chosen" }).click();
        await page.getByText("Your decision is saved.").waitFor();
        await settled(page, javaScriptEnabled);
        await page.getByRole("link", { name: "Show the entry" }).click();
        await page.getByRole("heading", { name: "Boiler, theirs", level: 1 }).waitFor();
        const before = page.getByLabel("What the entry said before, to copy from").first();
        await page.getByText("What the entry said before").first().click();
        assert.match(await before.inputValue(), /^Title: Boiler, ours\n/);

        await page.goto(conflict);
        await page.getByRole("button", { name: "Take it back" }).click();
        await page.getByText("Taken back. Calendars follow within seconds.").waitFor();
        await untilThere(page, world, "Boiler, ours", provider);
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
