// Rules of every page: accessible in both themes at every width, and nothing that needs more than a strict policy.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { inBrowser } from "./browser.mjs";
import { tour } from "./tour.mjs";
import { inWorld } from "./world.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [1280, 768, 375];
const NARROWEST = 320;
const SMALLEST = 24;
const THEMES = ["light", "dark"];

test("every page is accessible in both themes at every width", (t) =>
  inWorld((world) =>
    inBrowser(world, { bypassCSP: true }, (page) =>
      tour(page, world, (name) => t.test(name, async () => assert.deepEqual(await inaccessible(page), []))),
    ),
  ));

test("every page keeps the rules of the house", (t) =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      const seen = [];
      await tour(page, world, (name) => {
        seen.push(name);
        return t.test(name, async () => assert.deepEqual([...(await page.evaluate(strays)), ...(await narrow(page))], []));
      });
      assert.equal(new Set(seen).size, seen.length);
    }),
  ));

async function inaccessible(page) {
  await page.evaluate(AXE);
  const found = [];
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const violations = await page.evaluate(async (tags) => {
        const { violations } = await window.axe.run({ runOnly: tags, resultTypes: ["violations"] });
        return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
      }, TAGS);
      found.push(...violations.map((words) => `${colorScheme} ${width}: ${words}`));
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  return found;
}

/** Widths at which the page scrolls sideways, and what is too small there to be pressed. */
async function narrow(page) {
  const found = [];
  for (const width of [...WIDTHS, NARROWEST]) {
    await page.setViewportSize({ width, height: 900 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) found.push(`at ${width} it is ${needed} wide`);
    const { measured, small } = await page.evaluate(targets, SMALLEST);
    if (measured === 0) found.push(`at ${width} there is nothing to press`);
    found.push(...small.map((words) => `at ${width}: ${words}`));
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  return found;
}

/** What breaks a rule, in words. Runs in the page. */
function strays() {
  const found = [];
  const outline = (element) => element.cloneNode(false).outerHTML;
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id ${id} is used twice`));
  const pressable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  for (const element of document.querySelectorAll(pressable)) {
    if (!element.id) found.push(`no id: ${outline(element)}`);
  }
  for (const element of document.querySelectorAll("*")) {
    for (const { name } of element.attributes) {
      if (name === "style" || name.startsWith("on") || name.startsWith("hx-on")) found.push(`${name} on ${outline(element)}`);
    }
  }
  for (const script of document.scripts) if (!script.src) found.push(`an inline script: ${script.text}`);
  for (const time of document.querySelectorAll("time:not([datetime])")) found.push(`no datetime: ${time.outerHTML}`);
  return found;
}

/** What can be pressed and is smaller than a finger needs. A link in a sentence is as high as its line; a box is pressed by its label too. Runs in the page. */
function targets(smallest) {
  const shown = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1);
  const isBox = (element) => element.matches("input:is([type=checkbox], [type=radio])");
  const inSentence = (element) => {
    if (getComputedStyle(element).display !== "inline") return false;
    let block = element.parentElement;
    while (getComputedStyle(block).display === "inline") block = block.parentElement;
    const without = block.cloneNode(true);
    without.querySelectorAll("a, .badge, .icon").forEach((other) => other.remove());
    return /\p{L}/u.test(without.textContent);
  };
  const pressed = shown.flatMap((element) => (isBox(element) ? [...element.labels] : inSentence(element) ? [] : [element]));
  const small = pressed.flatMap((element) => {
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) >= smallest) return [];
    return [`${Math.round(width)} x ${Math.round(height)}: ${element.cloneNode(false).outerHTML}`];
  });
  return { measured: pressed.length, small };
}
