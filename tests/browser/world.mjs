// The local run as a process of its own: started, waited for, and always stopped.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug", "local");
// With --demo, a day is lived first.
const READY_MS = 120_000;
const PORTS = 4;

export const ADA = "ada@northwind.test";
export const DANA = "dana@fabrikam.test";
export const MIA = "mia@northwind.test";
export const PASSWORD = "kalends-demo";

// Whatever ends the tests ends the worlds as well.
const running = new Set();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Runs `live` beside a world of its own, empty but for the demo's members and what `options` add, and cleans up after it. */
export async function inWorld(live, ...options) {
  const data = await mkdtemp(join(tmpdir(), "kalends-world-"));
  const world = new World(data);
  try {
    await world.start("--fresh", ...options);
    return await live(world);
  } finally {
    await world.stop();
    await rm(data, { recursive: true });
  }
}

class World {
  #data;
  #child;
  #log;

  constructor(data) {
    this.#data = data;
  }

  async start(...options) {
    const port = await freeBlock();
    const child = spawn(BINARY, ["--data", this.#data, "--port", String(port), ...options], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    this.#child = child;
    this.#log = [];
    child.stderr.on("data", (chunk) => this.#log.push(chunk));
    try {
      const { product, google, microsoft } = await ready(child);
      Object.assign(this, { product: new URL(product), google: new URL(google), microsoft: new URL(microsoft) });
    } catch (cause) {
      throw new Error(`${BINARY} did not become ready:\n${Buffer.concat(this.#log)}`, { cause });
    }
  }

  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const [code] = await ended;
    if (code !== 0) throw new Error(`the local run ended with ${code}:\n${Buffer.concat(this.#log)}`);
  }

  /** Another process on other ports, with what this one left behind. */
  async restart() {
    await this.stop();
    await this.start();
  }

  at(path) {
    return new URL(path, this.product).href;
  }
}

/** The addresses of the line that says that everything answers. */
async function ready(child) {
  const lines = createInterface({ input: child.stdout });
  const ended = Promise.race([
    once(child, "exit").then(([code]) => { throw new Error(`it ended with ${code}`); }),
    once(child, "error").then(([error]) => { throw error; }),
  ]);
  const [line] = await Promise.race([once(lines, "line", { signal: AbortSignal.timeout(READY_MS) }), ended]);
  const [first, ...words] = line.split(" ");
  if (first !== "ready") throw new Error(`its first line is ${line}`);
  return Object.fromEntries(words.map((word) => word.split("=")));
}

/** The first of four ports in a row that nobody listens on. Below the range that systems hand out by themselves. */
async function freeBlock() {
  for (;;) {
    const first = 20_000 + PORTS * Math.floor(Math.random() * 2_500);
    const free = await Promise.all(Array.from({ length: PORTS }, (_, at) => isFree(first + at)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
