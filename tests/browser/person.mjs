// What a member does on the pages, with or without scripts.
import { eventually, today } from "./browser.mjs";
import { renameThere } from "./providers.mjs";
import { MIA, PASSWORD } from "./world.mjs";

/** A calendar with one entry, long ago, and an event that cannot be one. */
export const A_FILE = {
  name: "work.ics",
  mimeType: "text/calendar",
  buffer: Buffer.from(
    [
      "BEGIN:VCALENDAR",
      "BEGIN:VEVENT",
      "UID:survey@example.org",
      "SUMMARY:Roof survey",
      "DTSTART;TZID=Europe/Berlin:20270302T140000",
      "DURATION:PT1H",
      "END:VEVENT",
      "BEGIN:VEVENT",
      "SUMMARY:Without a time",
      "END:VEVENT",
      "END:VCALENDAR",
      "",
    ].join("\r\n"),
  ),
};

export async function signIn(page, world, email = MIA) {
  await page.goto(world.at("/"));
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(world.at("/schedule"));
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

/** Presses a button of the connection's page. */
export async function pressOnConnection(page, world, name) {
  await page.goto(world.at("/connections"));
  await page.getByRole("link", { name: "Manage" }).click();
  await page.getByRole("button", { name, exact: true }).click();
  await page.getByRole("status").filter({ hasText: `${name}d.` }).waitFor();
}

/** Changes the title of a synced entry here and in the calendar while the connection is paused, and opens the conflict. */
export async function fallApart(page, world, title, provider) {
  await pressOnConnection(page, world, "Pause");
  // Named, because without scripts the page does not know when a day begins here.
  await page.goto(world.at(`/schedule?week=${today()}`));
  await page.getByRole("link", { name: title }).click();
  await page.getByLabel("Title").fill(`${title}, ours`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: `${title}, ours`, level: 1 }).waitFor();
  await renameThere(page, world, title, `${title}, theirs`, provider);
  await pressOnConnection(page, world, "Resume");
  await eventually("the conflict is noticed", async () => {
    await page.goto(world.at("/conflicts"));
    return page.getByRole("link", { name: `${title}, ours` }).isVisible();
  });
  await page.getByRole("link", { name: `${title}, ours` }).click();
  await page.getByRole("heading", { name: `${title}, ours`, level: 1 }).waitFor();
}
