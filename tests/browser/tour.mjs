// Every page of the product, one after the other, in the states that people meet them in.
import { eventually } from "./browser.mjs";
import { A_FILE, fallApart, fillEntry, signIn } from "./person.mjs";
import { GOOGLE, MICROSOFT, choosePrimary, connect, dayThere } from "./providers.mjs";
import { ADA, MIA } from "./world.mjs";

/** Goes to each page and hands its name to `look`. The last one leaves nobody signed in. */
export async function tour(page, world, look) {
  await signedOut(page, world, look);
  await unconnected(page, world, look);
  await connecting(page, world, look, MICROSOFT);
  await connecting(page, world, look, GOOGLE);
  await connected(page, world, look);
  await entries(page, world, look);
  await files(page, world, look);
  await apart(page, world, look);
  await troubled(page, world, look);
  await beside(page, world, look);
  await ended(page, world, look);
}

/** An administrator looks after integrations. */
async function integrations(page, world, look) {
  await page.goto(world.at("/integrations/dashboard"));
  await page.locator("#events summary").first().click();
  await look("integrations");
  await page.goto(world.at("/integrations/google"));
  await look("integration, calendars");
  await page.goto(world.at("/integrations/edi"));
  await look("integration, reported");
  await page.goto(world.at("/portals/supplier"));
  await look("suppliers");
  await webhooks(page, world, look);
  await page.goto(world.at("/integrations/logs?status=error"));
  await look("integration logs");
  await page.goto(world.at("/integrations/error-queue"));
  await look("error queue");
  await page.goto(world.at("/integrations/error-queue/retry"));
  await look("error queue, retry");
}

async function webhooks(page, world, look) {
  await page.goto(world.at("/integrations/webhooks"));
  await look("webhooks, none");
  await page.goto(world.at("/integrations/webhooks/new"));
  await look("webhook, new");
  // Nobody listens there: the test is tried again.
  await page.getByLabel("Address").fill("http://127.0.0.1:9/hook");
  await page.locator("#event-sync-failed").check();
  await press(page, "Add the webhook");
  await page.locator("#secret").waitFor();
  await look("webhook, made");
  await page.getByRole("link", { name: "The webhook" }).click();
  await press(page, "Send a test");
  await page.getByText("A test is on its way.").waitFor();
  await eventually("the test has failed", async () => {
    await page.reload();
    return page.getByText("Retrying").first().isVisible();
  });
  await page.locator("#deliveries summary").first().click();
  await look("webhook");
  const one = page.url();
  for (const question of ["rotate", "delete"]) {
    await page.goto(`${one}/${question}`);
    await look(`webhook, ${question}`);
  }
  await page.goto(world.at("/integrations/webhooks"));
  await look("webhooks");
}

async function signedOut(page, world, look) {
  await page.goto(world.at("/sign-in"));
  await look("sign-in");
  await page.goto(world.at("/sign-in?expired=1"));
  await look("sign-in, expired");
  await page.getByLabel("E-mail").fill(MIA);
  await page.getByLabel("Password").fill("wrong");
  await press(page, "Sign in");
  await page.getByText("E-mail and password do not match.").waitFor();
  await look("sign-in, refused");
  await page.goto(world.at("/docs/api"));
  await look("API");
  await page.goto(world.at("/sign-up"));
  await look("sign-up");
  await page.getByLabel("Organisation").fill("Fabrikam Clinic");
  await page.getByLabel("Your name").fill("Eve Ebner");
  await page.getByLabel("E-mail").fill("eve@fabrikam.test");
  await page.getByLabel("Password").fill("short");
  await press(page, "Create organisation");
  await page.getByText("One thing needs a change").waitFor();
  await look("sign-up, refused");
  await page.goto(world.at("/nowhere"));
  await page.getByRole("heading", { name: "This page does not exist" }).waitFor();
  await look("problem");
}

async function unconnected(page, world, look) {
  await signIn(page, world);
  await look("schedule, unconnected");
  await page.goto(world.at("/connections"));
  await look("connections, none");
}

async function connecting(page, world, look, provider) {
  // The page leads on by itself; an empty answer from there keeps it in view.
  const { origin } = new URL(provider.at(world, "/"));
  const away = (url) => url.origin === origin;
  await page.route(away, (route) => route.fulfill({ status: 204 }));
  await page.goto(world.at("/connections"));
  await press(page, `Connect ${provider.name}`);
  await page.getByRole("link", { name: `Continue to ${provider.name}` }).waitFor();
  await look(`forward to ${provider.name}`);
  await page.unroute(away);
  await page.getByRole("link", { name: `Continue to ${provider.name}` }).click();
  await press(page, "Cancel");
  await page.getByRole("heading", { name: "Nothing was connected" }).waitFor();
  await look(`message, no ${provider.name}`);
}

async function connected(page, world, look) {
  await connect(page, world);
  await look("connection, new");
  await page.getByLabel("New entries go to").selectOption(MIA);
  await press(page, "Save");
  await page.getByText("needs a change").waitFor();
  await look("connection, refused");
  await page.getByRole("link", { name: "Connections" }).first().click();
  await page.getByRole("link", { name: "Manage" }).click();
  await choosePrimary(page);
  await page.getByRole("region", { name: "Sync", exact: true }).getByText("In sync").waitFor();
  await look("connection");
  await page.goto(world.at("/connections"));
  await look("connections");
  await page.goto(world.at("/schedule"));
  await look("schedule, empty");
}

async function entries(page, world, look) {
  await page.goto(dayThere(world));
  await page.getByLabel("Title").fill("Annual inspection of the ventilation in the warehouse and in both offices");
  await press(page, "Add");
  await page.goto(world.at("/schedule/new"));
  await look("entry, new");
  await page.getByLabel("Title").fill("Ends before it starts");
  await page.getByLabel("Starts on").fill("2027-03-02");
  await page.getByLabel("Ends on").fill("2027-03-01");
  await press(page, "Save");
  await page.getByRole("alert").waitFor();
  await look("entry, refused");
  await page.goto(world.at("/schedule/new"));
  await fillEntry(page, "Van service");
  await look("entry");
  await page.goto(`${page.url()}/delete`);
  await look("entry, delete");
  await occurrences(page, world, look);
  await eventually("the week shows all three", async () => {
    await page.goto(world.at("/schedule"));
    return (await page.getByRole("link").filter({ hasText: "Synced" }).count()) === 3;
  });
  await look("schedule");
}

async function occurrences(page, world, look) {
  await page.goto(world.at("/schedule/new"));
  await page.getByLabel("Repeats").selectOption("Every week");
  await fillEntry(page, "Weekly round");
  await page.goto(world.at("/schedule"));
  await page.getByRole("link", { name: "Weekly round" }).click();
  await page.getByRole("heading", { name: "One of a series" }).waitFor();
  await look("occurrence");
  await page.getByLabel("Title").fill("Weekly round with the inspector of the ventilation");
  await press(page, "Save");
  await page.getByText("Changed: title").waitFor();
  await look("occurrence, changed");
  const occurrence = page.url();
  await page.goto(occurrence.replace("?", "/delete?"));
  await look("occurrence, delete");
  await page.goto(occurrence);
  await page.getByRole("link", { name: "Open the whole series" }).click();
  await page.getByRole("heading", { name: "Occurrences that differ" }).waitFor();
  await look("series");
}

async function files(page, world, look) {
  await page.goto(world.at("/data/export"));
  await look("export");
  await page.getByLabel("Up to and with").fill("1999-01-01");
  await press(page, "Download");
  await page.getByText("The last day is before the first.").first().waitFor();
  await look("export, refused");
  await page.goto(world.at("/data/import"));
  await look("import");
  await page.getByLabel("File").setInputFiles(A_FILE);
  await press(page, "Preview");
  await page.getByRole("heading", { name: "Preview of the import" }).waitFor();
  await look("import, preview");
  await press(page, "Import");
  await page.getByRole("heading", { name: "Imported", level: 1 }).waitFor();
  await look("imported");
}

async function apart(page, world, look) {
  await page.goto(world.at("/notifications"));
  await look("notifications, none");
  await page.goto(world.at("/conflicts"));
  await look("conflicts, none");
  await page.goto(world.at("/schedule/deleted"));
  await look("deleted, none");
  await fallApart(page, world, "Van service");
  await look("conflict");
  const conflict = page.url();
  await page.goto(world.at("/notifications"));
  await look("notifications");
  await page.goto(world.at("/conflicts"));
  await look("conflicts");
  await page.getByRole("link", { name: "Van service, ours" }).click();
  await page.getByRole("link", { name: "Show the entry" }).click();
  for (const before of await page.locator("summary").all()) await before.click();
  await look("entry, in conflict");
  await page.goto(conflict);
  await press(page, "Keep all of here");
  await page.getByText("Decided and written").waitFor();
  await look("conflict, settled");
  await page.goto(world.at("/connections"));
  await page.getByRole("link", { name: "Manage" }).click();
  await page.getByLabel("Title or event id").fill("van");
  await press(page, "Find out");
  await page.getByText("In sync with").waitFor();
  await look("connection, why");
  await page.goto(world.at("/schedule"));
  await page.getByRole("link", { name: "Van service, ours" }).click();
  await page.getByRole("link", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.goto(world.at("/schedule/deleted"));
  await page.getByRole("button", { name: "Bring back" }).waitFor();
  await look("deleted");
}

async function troubled(page, world, look) {
  await page.goto(world.at("/connections"));
  await page.getByRole("link", { name: "Manage" }).click();
  await press(page, "Pause");
  await page.getByText("Nothing is synced until you resume.").waitFor();
  await look("connection, paused");
  const fault = { name: "token_revoked", scope: MIA, count: 1 };
  await page.request.post(new URL("/_sim/faults", world.google).href, { data: fault });
  await press(page, "Resume");
  await page.getByText("Reconnect to go on syncing").waitFor();
  await page.reload();
  await look("connection, action required");
  await page.goto(world.at("/connections"));
  await look("connections, action required");
}

/** The other provider beside one that needs its owner. */
async function beside(page, world, look) {
  await connect(page, world, MICROSOFT);
  await page.getByText("See the time zone of the mailbox").waitFor();
  await look("connection, new at the other provider");
  await page.getByRole("checkbox", { name: MICROSOFT.primary }).check();
  await press(page, "Preview");
  await page.getByRole("region", { name: "What the first sync would do" }).waitFor();
  await look("connection, preview");
  await choosePrimary(page, MICROSOFT);
  await page.getByRole("region", { name: "Sync", exact: true }).getByText("In sync").waitFor();
  await look("connection, at the other provider");
  await page.goto(world.at("/connections"));
  await look("connections, with both providers");
}

/** What an administrator sees of others, and anybody of themselves. */
async function team(page, world, look) {
  await page.goto(world.at("/profile"));
  await look("profile");
  await page.getByRole("link", { name: "What each role may do" }).click();
  await look("roles");
  await page.goto(world.at("/profile/password"));
  await page.getByLabel("Current password").fill("wrong");
  await page.getByLabel("New password").fill("short");
  await press(page, "Change the password");
  await page.getByText("One thing needs a change").waitFor();
  await look("password, refused");
  await page.goto(world.at("/members/invite"));
  await page.getByLabel("E-mail").fill(MIA);
  await press(page, "Make the link");
  await page.getByRole("alert").getByText("is already a member").waitFor();
  await look("invite, refused");
  await page.getByLabel("E-mail").fill("eve@northwind.test");
  await press(page, "Make the link");
  await page.getByRole("heading", { name: "The link for eve@northwind.test" }).waitFor();
  await look("invited");
  const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
  await page.goto(link);
  await look("join");
  await page.goto(`${link}x`);
  await page.getByText("This link is not an invite").waitFor();
  await look("join, altered");
  await page.goto(world.at("/members"));
  await look("members");
  await page.getByRole("link", { name: "Max Maurer" }).click();
  await look("member");
  await page.goto(`${page.url()}/deactivate`);
  await look("member, deactivate");
  await press(page, "Deactivate");
  await page.getByRole("heading", { name: "Deactivated" }).waitFor();
  await look("member, deactivated");
}

/** By an administrator; nobody signs in afterwards. */
async function ended(page, world, look) {
  await page.goto(world.at("/organization"));
  await look("organisation, a member's view");
  await press(page, "Sign out");
  await signIn(page, world, ADA);
  await page.goto(world.at("/organization"));
  await look("organisation");
  await team(page, world, look);
  await integrations(page, world, look);
  await page.goto(world.at("/organization/delete"));
  await page.getByLabel("Type Northwind Field Service to confirm").fill("Northwind");
  await press(page, "Delete for ever");
  await page.getByText("Nothing was deleted.").waitFor();
  await look("organisation, delete refused");
  await page.getByLabel("Type Northwind Field Service to confirm").fill("Northwind Field Service");
  await press(page, "Delete for ever");
  await page.getByRole("heading", { name: "Being deleted" }).waitFor();
  await look("organisation, being deleted");
}

function press(page, name) {
  return page.getByRole("button", { name, exact: true }).click();
}
