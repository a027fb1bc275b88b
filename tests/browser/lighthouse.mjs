// Lighthouse's four figures of the demo's dashboard, as its administrator sees it. Fails under what is promised.
//   node tests/browser/lighthouse.mjs DIRECTORY  where the npm package `lighthouse` is installed
import { pathToFileURL } from "node:url";
import { join } from "node:path";

import { DANA, PASSWORD, inWorld } from "./world.mjs";

const LEAST = 95;
const PAGE = "/integrations/dashboard";
const modules = join(process.argv[2], "node_modules");
const load = (file) => import(pathToFileURL(join(modules, file)).href);
const { default: lighthouse } = await load("lighthouse/core/index.js");
const { launch } = await load("chrome-launcher/dist/index.js");
const { default: puppeteer } = await load("puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");

await inWorld(async (world) => {
  const chrome = await launch({
    chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"],
  });
  try {
    const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${chrome.port}` });
    await browser.setCookie(...(await cookies(world)));
    const flags = { port: chrome.port, disableStorageReset: true, logLevel: "error" };
    const { lhr } = await lighthouse(world.at(PAGE), flags);
    if (new URL(lhr.finalDisplayedUrl).pathname !== PAGE) throw new Error(`it measured ${lhr.finalDisplayedUrl}`);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    for (const { title, score, auditRefs } of Object.values(lhr.categories)) {
      const broken = auditRefs.map(({ id }) => lhr.audits[id]).find(({ scoreDisplayMode }) => scoreDisplayMode === "error");
      if (score === null) throw new Error(`${title}: ${broken?.errorMessage}`);
      const figure = Math.round(score * 100);
      console.log(`${title.padEnd(16)} ${figure}`);
      if (figure < LEAST) process.exitCode = 1;
      for (const { id, weight } of auditRefs) {
        const audit = lhr.audits[id];
        const counts = weight > 0 && audit.score !== null && audit.score < 0.9;
        if (counts) console.log(`  ${audit.title}: ${audit.displayValue ?? audit.score}`);
      }
    }
  } finally {
    await chrome.kill();
  }
}, "--demo");

/** A session, as a program begins one. */
async function cookies(world) {
  const answer = await fetch(world.at("/api/users/auth/login/"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: DANA, password: PASSWORD }),
  });
  if (answer.status !== 200) throw new Error(await answer.text());
  return answer.headers.getSetCookie().map((line) => {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    return { name, value, domain: new URL(world.at("/")).hostname, path: "/", httpOnly: true };
  });
}
