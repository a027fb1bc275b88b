// People come and go: an administrator invites, changes a role and deactivates, with scripts and without, and by keyboard.
import assert from "node:assert/strict";
import { test } from "node:test";

import { inBrowser } from "./browser.mjs";
import { signIn } from "./person.mjs";
import { ADA, inWorld } from "./world.mjs";

const EVE = "eve@northwind.test";
const WORDS = "a few words to remember";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`somebody is invited, joins, gets another role and is deactivated, ${how} scripts`, () =>
    inWorld((world) =>
      inBrowser(world, { javaScriptEnabled, viewport: { width: 375, height: 800 } }, async (page) => {
        await signIn(page, world, ADA);
        const link = await invite(page, world, EVE);
        const theirs = await join(page, world, link, javaScriptEnabled);

        await page.goto(world.at("/members"));
        await page.getByRole("link", { name: "Eve Evers" }).click();
        await page.getByRole("combobox", { name: "Role" }).selectOption("Viewer");
        await page.getByRole("button", { name: "Change role" }).click();
        await page.getByText("Role changed.").waitFor();
        await theirs.goto(world.at("/profile"));
        await theirs.getByText("Viewer", { exact: true }).waitFor();

        await page.locator("#deactivate").click();
        const question = page.getByRole(javaScriptEnabled ? "dialog" : "main");
        await question.getByText("They are signed out everywhere at once").waitFor();
        await question.getByRole("button", { name: "Deactivate" }).click();
        await page.getByText("They have no calendar connected.").waitFor();
        await theirs.goto(world.at("/profile"));
        await theirs.getByRole("heading", { name: "Sign in" }).waitFor();
        await theirs.getByLabel("E-mail").fill(EVE);
        await theirs.getByLabel("Password").fill(WORDS);
        await theirs.getByRole("button", { name: "Sign in" }).click();
        await theirs.getByText("an administrator deactivated you").waitFor();

        await page.getByRole("button", { name: "Reactivate" }).click();
        await page.getByText("Reactivated. They can sign in again").waitFor();
        await theirs.context().close();
      }),
    ));
}

test("a revoked link opens nothing", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world, ADA);
      const link = await invite(page, world, EVE);
      await page.goto(world.at("/members"));
      await page.getByRole("button", { name: "Revoke" }).click();
      await page.getByText("Nobody is invited at the moment.").waitFor();
      await page.goto(link);
      await page.getByText("took this invite back").waitFor();
    }),
  ));

test("an invite is made, and a session ended, by keyboard", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world, ADA);
      const other = await page.context().browser().newContext();
      await signIn(await other.newPage(), world, ADA);
      await press(page, world, "/members", "Invite somebody", "link");
      await page.getByLabel("E-mail").focus();
      await page.keyboard.type(EVE);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: `The link for ${EVE}` }).waitFor();
      assert.match(await page.getByRole("textbox", { name: "Link" }).inputValue(), /\/join\?token=/);

      await press(page, world, "/profile", "Sign out there", "button");
      await page.getByText("Signed out there.").waitFor();
      assert.equal(await page.getByRole("button", { name: "Sign out there" }).count(), 0);
      await other.close();
    }),
  ));

test("a new password is good at once, and the old one no more", () =>
  inWorld((world) =>
    inBrowser(world, {}, async (page) => {
      await signIn(page, world, ADA);
      await page.getByRole("link", { name: "Ada Adler" }).click();
      await page.getByRole("link", { name: "Change the password" }).click();
      await page.getByLabel("Current password").fill("wrong");
      await page.getByLabel("New password").fill(WORDS);
      await page.getByRole("button", { name: "Change the password" }).click();
      await page.getByRole("link", { name: "That is not your password." }).waitFor();
      await page.getByLabel("Current password").fill("kalends-demo");
      await page.getByLabel("New password").fill(WORDS);
      await page.getByRole("button", { name: "Change the password" }).click();
      await page.getByText("The password is changed.").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByLabel("E-mail").fill(ADA);
      await page.getByLabel("Password").fill(WORDS);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(world.at("/schedule"));
    }),
  ));

/** Makes an invite as whoever is signed in; answers its link. */
async function invite(page, world, email) {
  await page.goto(world.at("/members"));
  await page.getByRole("link", { name: "Invite somebody" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.getByRole("heading", { name: `The link for ${email}` }).waitFor();
  return page.getByRole("textbox", { name: "Link" }).inputValue();
}

/** Somebody else opens the link in a browser of their own, and joins. */
async function join(page, world, link, javaScriptEnabled) {
  const context = await page.context().browser().newContext({ javaScriptEnabled });
  const theirs = await context.newPage();
  await theirs.goto(link);
  await theirs.getByRole("heading", { name: "Join Northwind Field Service" }).waitFor();
  await theirs.getByText(EVE).waitFor();
  await theirs.getByLabel("Your name").fill("Eve Evers");
  await theirs.getByLabel("Password").fill(WORDS);
  await theirs.getByRole("button", { name: "Join" }).click();
  await theirs.waitForURL(world.at("/connections"));
  return theirs;
}

/** Goes to what is called so with the keyboard alone, and presses it. */
async function press(page, world, path, name, role) {
  await page.goto(world.at(path));
  const target = page.getByRole(role, { name });
  await target.waitFor();
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return page.keyboard.press("Enter");
  }
  throw new Error(`${name} is out of reach of the keyboard`);
}
