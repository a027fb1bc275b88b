// The schedule as files: out and in again, with and without scripts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { inBrowser } from "./browser.mjs";
import { A_FILE, signIn } from "./person.mjs";
import { inWorld } from "./world.mjs";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`a file is seen before it is imported, and comes out again, ${how} scripts`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled }, async (page) => {
        await signIn(page, world);
        await page.getByRole("link", { name: "Import", exact: true }).click();
        await bringIn(page, A_FILE);
        assert.deepEqual(await counts(page), { created: "1", updated: "0", unchanged: "0", refused: "1" });
        await page.getByText("It has no DTSTART").waitFor();
        await page.goto(world.at("/schedule?week=2027-03-02"));
        assert.equal(await page.getByRole("link", { name: "Roof survey" }).count(), 0);

        await page.goto(world.at("/data/import"));
        await bringIn(page, A_FILE);
        await page.getByRole("button", { name: "Import", exact: true }).click();
        await page.getByRole("heading", { name: "Imported", level: 1 }).waitFor();
        assert.equal((await counts(page)).created, "1");
        await page.goto(world.at("/schedule?week=2027-03-02"));
        await page.getByRole("link", { name: "Roof survey" }).waitFor();

        await page.getByRole("link", { name: "Export", exact: true }).click();
        await page.getByLabel("From").fill("2027-01-01");
        await page.getByLabel("Up to and with").fill("2027-12-31");
        for (const format of ["Calendar", "Table"]) {
          await page.getByRole("radio", { name: format }).check();
          const file = await download(page);
          assert.match(file.buffer.toString(), /Roof survey/, format);
          await page.getByRole("link", { name: "Import", exact: true }).click();
          await bringIn(page, file);
          assert.deepEqual(await counts(page), { created: "0", updated: "0", unchanged: "1", refused: "0" });
          await page.goBack();
          await page.goBack();
          await page.getByRole("button", { name: "Download" }).waitFor();
        }
        // Whoever wants it twice has it twice.
        await download(page);
        await download(page);
      }),
    ));
}

async function bringIn(page, file) {
  await page.getByLabel("File").setInputFiles(file);
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByRole("heading", { name: "Preview of the import" }).waitFor();
}

async function counts(page) {
  const count = async (id) => [id, await page.locator(`#${id}`).textContent()];
  return Object.fromEntries(await Promise.all(["created", "updated", "unchanged", "refused"].map(count)));
}

async function download(page) {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  return { name: file.suggestedFilename(), mimeType: "text/plain", buffer: await readFile(await file.path()) };
}
