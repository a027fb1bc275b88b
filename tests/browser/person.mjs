// What a member does on the pages, with or without scripts.
import { eventually } from "./browser.mjs";
import { PASSWORD } from "./world.mjs";

export const MIA = "mia@northwind.test";

export async function signIn(page, world, email = MIA) {
  await page.goto(world.at("/"));
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(world.at("/schedule"));
}

/** From a "Connect" or "Reconnect" through the provider's consent back to the connection's page. */
export async function consent(page, world) {
  await page.waitForURL((url) => url.origin === world.google.origin);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(world.at("/connections/con_*"));
}

export async function connectGoogle(page, world) {
  await page.goto(world.at("/connections"));
  await page.getByRole("button", { name: "Connect Google Calendar" }).click();
  await consent(page, world);
}

/** Ticks the primary calendar, with all its past, and saves. */
export async function choosePrimary(page) {
  await page.getByRole("checkbox", { name: MIA }).check();
  await page.getByLabel("History").selectOption("Everything");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Settings saved. A sync has started.").waitFor();
}

/** The form of a new entry, for an hour of today: the form's own guess, the next full hour, may lie in tomorrow. */
export async function fillEntry(page, title) {
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Starts on").fill(today());
  await page.getByLabel("Starts at").fill("15:00");
  await page.getByLabel("Ends on").fill(today());
  await page.getByLabel("Ends at").fill("16:00");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: title, level: 1 }).waitFor();
}

/** Looks at the provider's day of today until an event of this title stands there. */
export async function untilThere(page, world, title) {
  await eventually(`the calendar shows ${title}`, async () => {
    await page.goto(dayThere(world, today()));
    return page.getByRole("heading", { name: title, exact: true }).isVisible();
  });
}

/** The day view of the member's calendar at the simulated provider. */
export function dayThere(world, date) {
  const address = new URL("/day", world.google);
  address.search = new URLSearchParams({ account: MIA, calendar: MIA, date });
  return address.href;
}

/** The day in the zone that all browsers here are set to. */
export function today() {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin" }).format();
}

/** Presses a button of the connection's page. */
export async function pressOnConnection(page, world, name) {
  await page.goto(world.at("/connections"));
  await page.getByRole("link", { name: "Manage" }).click();
  await page.getByRole("button", { name, exact: true }).click();
  await page.getByRole("status").filter({ hasText: `${name}d.` }).waitFor();
}

/** Changes the title of a synced entry here and in the calendar while the connection is paused, and opens the conflict. */
export async function fallApart(page, world, title) {
  await pressOnConnection(page, world, "Pause");
  await page.goto(world.at("/schedule"));
  await page.getByRole("link", { name: title }).click();
  await page.getByLabel("Title").fill(`${title}, ours`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: `${title}, ours`, level: 1 }).waitFor();
  await renameThere(page, world, title, `${title}, theirs`);
  await pressOnConnection(page, world, "Resume");
  await eventually("the conflict is noticed", async () => {
    await page.goto(world.at("/conflicts"));
    return page.getByRole("link", { name: `${title}, ours` }).isVisible();
  });
  await page.getByRole("link", { name: `${title}, ours` }).click();
  await page.getByRole("heading", { name: `${title}, ours`, level: 1 }).waitFor();
}

/** As the owner of the calendar would, at the provider. */
async function renameThere(page, world, from, to) {
  const at = (path) => new URL(path, world.google).href;
  const signed = await page.request.post(at("/_sim/token"), { data: { account: MIA } });
  const headers = { authorization: `Bearer ${(await signed.json()).access_token}` };
  const events = at(`/calendar/v3/calendars/${MIA}/events`);
  const listed = await (await page.request.get(events, { headers })).json();
  const { id } = listed.items.find((event) => event.summary === from);
  const changed = await page.request.patch(`${events}/${id}`, { headers, data: { summary: to } });
  if (!changed.ok()) throw new Error(await changed.text());
}
