// What the check is made of: the simulator as a process, Graph's own client pointed at it, samples.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client, HTTPMessageHandler, RetryHandler } from "@microsoft/microsoft-graph-client";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BINARY = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug", "microsoft-sim");
export const ACCOUNT = "official@northwind.test";
export const CLIENT = { id: "6b61656c-656e-4473-a6c6-6f63616c0000", secret: "local-client-secret" };
export const REDIRECT = "http://127.0.0.1:8787/oauth/microsoft/callback";

/** The client drops its authorization on plain http; here it is put back. */
class Bearer {
  constructor(token) {
    this.token = token;
  }

  setNext(next) {
    this.next = next;
  }

  async execute(context) {
    const headers = new Headers(context.options?.headers ?? {});
    headers.set("Authorization", `Bearer ${this.token}`);
    context.options = { ...context.options, headers: Object.fromEntries(headers) };
    return this.next.execute(context);
  }
}

export async function start() {
  const child = spawn(BINARY, ["--port", "0", "--account", ACCOUNT], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const base = line.split(" ")[1];
  const post = async (path, body, method = "POST") => {
    const answer = await fetch(base + path, { method, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  return {
    base,
    control: (path, body) => post(`/_sim/${path}`, body),
    calm: () => post("/_sim/faults", undefined, "DELETE"),
    client: async () => graph(base, (await post("/_sim/token", { account: ACCOUNT })).access_token),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export function graph(base, token) {
  const chain = [new RetryHandler(), new Bearer(token), new HTTPMessageHandler()];
  chain.slice(1).forEach((next, at) => chain[at].setNext(next));
  return Client.initWithMiddleware({ baseUrl: `${base}/`, defaultVersion: "v1.0", middleware: chain[0] });
}

/** Listens for notices, and answers handshakes. */
export async function receiver() {
  const came = [];
  const waiting = [];
  const server = createServer((request, response) => {
    const token = new URL(request.url, "http://here").searchParams.get("validationToken");
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (token !== null) return response.writeHead(200, { "Content-Type": "text/plain" }).end(token);
      came.push(JSON.parse(Buffer.concat(chunks)));
      waiting.splice(0).forEach((wake) => wake());
      return response.writeHead(202).end();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    next: async () => {
      if (!came.length) await new Promise((wake) => waiting.push(wake));
      return came.shift();
    },
    stop: () => server.close(),
  };
}

const berlin = (dateTime) => ({ dateTime, timeZone: "W. Europe Standard Time" });

export function meeting(hour = 9, more = {}) {
  const at = String(hour).padStart(2, "0");
  return { subject: "Visit", start: berlin(`2027-03-02T${at}:00:00`), end: berlin(`2027-03-02T${at}:30:00`), ...more };
}

export function series(more = {}) {
  return {
    subject: "Round",
    start: berlin("2027-03-16T10:00:00"),
    end: berlin("2027-03-16T11:00:00"),
    recurrence: {
      pattern: { type: "weekly", interval: 1, daysOfWeek: ["tuesday"] },
      range: { type: "numbered", startDate: "2027-03-16", numberOfOccurrences: 4 },
    },
    ...more,
  };
}
