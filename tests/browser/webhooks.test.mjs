// Webhooks by hand: added, tried, looked into and deleted; what arrives is signed with the secret that was shown.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";

import { eventually, inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { ADA, inWorld } from "./world.mjs";

for (const javaScriptEnabled of [true, false]) {
  test(`a webhook is added, tried and deleted, ${javaScriptEnabled ? "with" : "without"} scripts`, () =>
    inWorld((world) =>
      listening((receiver) =>
        inBrowser(world, { javaScriptEnabled, viewport: { width: 320, height: 800 } }, async (page) => {
          await signIn(page, world, ADA);
          await page.goto(world.at("/integrations/webhooks"));
          await page.getByRole("heading", { name: "No webhooks yet" }).waitFor();
          await page.getByRole("link", { name: "New webhook" }).click();
          await page.getByLabel("Address").fill(receiver.url);
          await page.getByLabel("What is it for?").fill("Dispatch");
          await page.locator("#event-schedule-entry-created").check();
          await page.getByRole("button", { name: "Add the webhook" }).click();
          const secret = await page.locator("#secret").innerText();

          await page.goto(world.at("/integrations/webhooks"));
          assert.equal(await page.getByText(secret).count(), 0, "it was shown once");
          await page.getByRole("link", { name: receiver.url }).click();
          await page.getByRole("button", { name: "Send a test" }).click();
          await eventually("the test arrives", () => receiver.heard.length === 1);
          assert.equal(receiver.heard[0].signature, signed(secret, receiver.heard[0]));
          await eventually("it is told", async () => {
            if (!javaScriptEnabled) await page.reload();
            return page.getByText("Arrived", { exact: true }).isVisible();
          });
          await page.locator("#deliveries summary").first().click();
          await page.getByText("The webhook answered 200.").waitFor();

          await page.locator("#delete").click();
          await page.getByText("Delete this webhook?").waitFor();
          await page.getByRole("button", { name: "Delete", exact: true }).click();
          await page.getByRole("heading", { name: "No webhooks yet" }).waitFor();
        }),
      ),
    ));
}

/** A program that says yes to everything, and keeps it. */
async function listening(act) {
  const heard = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const said = (name) => request.headers[`webhook-${name}`];
    heard.push({ id: said("id"), timestamp: said("timestamp"), signature: said("signature"), body });
    response.end("thank you");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    await act({ url: `http://127.0.0.1:${server.address().port}/hook`, heard });
  } finally {
    server.close();
  }
}

/** As Standard Webhooks has it. */
function signed(secret, { id, timestamp, body }) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
