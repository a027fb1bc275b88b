// The pictures of docs/images, taken of the demo as its administrator sees it.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { DANA, inWorld } from "./world.mjs";

const IMAGES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
// Twice as many pixels would be more than a page of text should weigh.
const LOOKS = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5, colorScheme: "light" };

await mkdir(IMAGES, { recursive: true });
await inWorld(
  (world) =>
    inBrowser(world, LOOKS, async (page) => {
      await signIn(page, world, DANA);
      await page.goto(world.at("/integrations/dashboard"));
      await page.locator("#events > li").nth(19).waitFor();
      await take(page, "dashboard", 690);

      await page.goto(world.at("/conflicts"));
      await page.getByRole("link", { name: "Water softener, Hotel Anker" }).click();
      await page.getByRole("heading", { name: "Water softener, Hotel Anker", level: 1 }).waitFor();
      await take(page, "conflict", 480);
    }),
  "--demo",
);

/** The page from its top, so high. */
async function take(page, name, height) {
  const clip = { x: 0, y: 0, width: LOOKS.viewport.width, height };
  await page.screenshot({ path: `${IMAGES}${name}.png`, clip });
}
