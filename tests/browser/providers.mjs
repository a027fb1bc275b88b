// The providers as a member meets them: their names on our pages, and their own pages at the simulators.
import { eventually, today } from "./browser.mjs";
import { MIA } from "./world.mjs";

export const GOOGLE = {
  name: "Google Calendar",
  /** What the member's own calendar is called there. */
  primary: MIA,
  at: (world, path) => new URL(path, world.google).href,
  events: `/calendar/v3/calendars/${MIA}/events`,
  listed: (list) => list.items,
  title: "summary",
};

export const MICROSOFT = {
  name: "Microsoft 365",
  primary: "Calendar",
  at: (world, path) => new URL(path, world.microsoft).href,
  events: "/v1.0/me/events",
  listed: (list) => list.value,
  title: "subject",
};

/** From a "Connect" or "Reconnect" through the provider's consent back to the connection's page. */
export async function consent(page, world, provider = GOOGLE) {
  const { origin } = new URL(provider.at(world, "/"));
  await page.waitForURL((url) => url.origin === origin);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(world.at("/connections/con_*"));
}

export async function connect(page, world, provider = GOOGLE) {
  await page.goto(world.at("/connections"));
  await page.getByRole("button", { name: `Connect ${provider.name}` }).click();
  await consent(page, world, provider);
}

/** Ticks the primary calendar, with all its past, and saves. */
export async function choosePrimary(page, provider = GOOGLE) {
  await page.getByRole("checkbox", { name: provider.primary }).check();
  await page.getByLabel("History").selectOption("Everything");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Settings saved. A sync has started.").waitFor();
}

/** Today in the day view of the member's own calendar at the simulated provider. */
export function dayThere(world, provider = GOOGLE) {
  return provider.at(world, `/day?${new URLSearchParams({ account: MIA, date: today() })}`);
}

/** Adds an event to the day that the page shows at the provider. */
export async function addThere(page, title, start, end) {
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Start").first().fill(start);
  await page.getByLabel("End").first().fill(end);
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("heading", { name: title }).waitFor();
}

/** Looks at the provider's day of today until an event of this title stands there. */
export async function untilThere(page, world, title, provider = GOOGLE) {
  await eventually(`${provider.name} shows ${title}`, async () => {
    await page.goto(dayThere(world, provider));
    return page.getByRole("heading", { name: title, exact: true }).isVisible();
  });
}

/** As the owner of the calendar would, at the provider. */
export async function renameThere(page, world, from, to, provider = GOOGLE) {
  const signed = await page.request.post(provider.at(world, "/_sim/token"), { data: { account: MIA } });
  const headers = { authorization: `Bearer ${(await signed.json()).access_token}` };
  const events = provider.at(world, provider.events);
  const listed = provider.listed(await (await page.request.get(events, { headers })).json());
  const { id } = listed.find((event) => event[provider.title] === from);
  const changed = await page.request.patch(`${events}/${id}`, { headers, data: { [provider.title]: to } });
  if (!changed.ok()) throw new Error(await changed.text());
}
