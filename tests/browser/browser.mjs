// A browser with one page, watched for whatever a page must never do.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
const WAIT_MS = 30_000;
const POLL_MS = 100;
const ZONE = "Europe/Berlin";

/**
 * Runs `act` with a page, and fails with it or on any complaint about a page of the product that it does not `tolerate`.
 * Then a picture of every page is left behind; where is printed.
 */
export async function inBrowser(world, { tolerate, ...options }, act) {
  const browser = await chromium.launch(LAUNCH);
  try {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: "en-GB",
      timezoneId: ZONE,
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(WAIT_MS);
    const complaints = watch(context, world);
    try {
      await act(await context.newPage());
      const serious = complaints.filter((words) => !tolerate?.test(words));
      if (serious.length) throw new Error(`the browser complained:\n${serious.join("\n")}`);
    } catch (error) {
      console.error(`pictures of the failure: ${await picture(context)}`);
      throw error;
    }
  } finally {
    await browser.close();
  }
}

/** Collects errors of the console, of scripts, and against the content policy, for the life of the context. */
function watch(context, world) {
  const complaints = [];
  const complain = (page, words) => {
    if (page?.url().startsWith(world.product.href)) complaints.push(`${page.url()}: ${words}`);
  };
  context.on("weberror", (error) => complain(error.page(), error.error()));
  context.on("console", (message) => {
    // An answer of 4xx is a page like any other; the console calls it an error all the same.
    const isPage = message.location().url === message.page()?.url() && message.text().startsWith("Failed to load");
    if (message.type() === "error" && !isPage) complain(message.page(), message.text());
  });
  return complaints;
}

async function picture(context) {
  const folder = await mkdtemp(join(tmpdir(), "kalends-failure-"));
  await Promise.all(
    context.pages().map((page, at) => page.screenshot({ path: join(folder, `${at}.png`), fullPage: true }).catch(() => {})),
  );
  return folder;
}

/** The day in the zone that all browsers here are set to. */
export function today() {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format();
}

/** Waits until `holds` answers something true, and answers that. */
export async function eventually(what, holds) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
