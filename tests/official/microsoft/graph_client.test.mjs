// Drives the Microsoft simulator with Graph's own JavaScript client. Every resource that it answers with is held against
// the types that Microsoft publishes for that client; a property that they do not describe fails the check.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { BatchRequestContent, BatchResponseContent } from "@microsoft/microsoft-graph-client";
import { ACCOUNT, CLIENT, REDIRECT, graph, meeting, receiver, series, start } from "./simulator.mjs";
import { validate } from "./types.mjs";

const WINDOW = { startDateTime: "2027-03-01T00:00:00Z", endDateTime: "2027-05-01T00:00:00Z" };
const IMMUTABLE = 'IdType="ImmutableId"';
let simulator;
let client;
let events;

before(async () => {
  simulator = await start();
});
after(() => simulator.stop());
beforeEach(async () => {
  await simulator.calm();
  client = await simulator.client();
  const calendar = await simulator.control("calendars", { account: ACCOUNT, name: "Check" });
  events = `/me/calendars/${calendar.id}/events`;
});

const refusal = (status, code) => (error) => {
  assert.deepEqual([error.statusCode, error.code], [status, code]);
  return true;
};

const create = async (event) => validate("Event", await client.api(events).post(event));

test("a person consents, and the tokens work", async () => {
  const verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";
  const asked = {
    client_id: CLIENT.id,
    response_type: "code",
    redirect_uri: REDIRECT,
    scope: "openid offline_access User.Read Calendars.ReadWrite",
    state: "opaque",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const page = await fetch(`${simulator.base}/common/oauth2/v2.0/authorize?${new URLSearchParams(asked)}`);
  assert.match(await page.text(), /id="consent"/);
  const decided = new URLSearchParams({ ...asked, account: ACCOUNT, decision: "allow" });
  const answer = await fetch(page.url.split("?")[0], { method: "POST", body: decided, redirect: "manual" });
  const code = new URL(answer.headers.get("location")).searchParams.get("code");
  const token = async (fields) => {
    const body = new URLSearchParams({ client_id: CLIENT.id, client_secret: CLIENT.secret, ...fields });
    return (await fetch(`${simulator.base}/common/oauth2/v2.0/token`, { method: "POST", body })).json();
  };
  const redeem = { grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier: verifier };
  const tokens = await token(redeem);
  assert.equal((await token(redeem)).error, "invalid_grant");
  const fresh = await token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  const me = validate("User", await graph(simulator.base, fresh.access_token).api("/me").get());
  assert.equal(me.mail, ACCOUNT);
});

test("an event is written, read, changed under its etag, and deleted", async () => {
  const made = await create(meeting(9, { transactionId: "once", body: { contentType: "html", content: "<b>x</b>" } }));
  const again = await create(meeting(9, { transactionId: "once" }));
  assert.equal(made.id, again.id);
  const one = `/me/events/${made.id}`;
  const changed = await client.api(one).header("If-Match", made["@odata.etag"]).patch({ subject: "Late" });
  assert.equal(validate("Event", changed).subject, "Late");
  const stale = client.api(one).header("If-Match", made["@odata.etag"]);
  await assert.rejects(stale.patch({ subject: "Later" }), refusal(412, "ErrorIrresolvableConflict"));
  await client.api(one).delete();
  await assert.rejects(client.api(one).get(), refusal(404, "ErrorItemNotFound"));
  await assert.rejects(client.api(events).post({ ...meeting(), sujet: 1 }), refusal(400, "RequestBodyRead"));
});

test("a property of ours is written, expanded and searched for", async () => {
  const id = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name LocalId";
  const made = await create(meeting(9, { singleValueExtendedProperties: [{ id, value: "42" }] }));
  const expanded = client.api(`/me/events/${made.id}`).expand(`singleValueExtendedProperties($filter=id eq '${id}')`);
  const [found] = validate("Event", await expanded.get()).singleValueExtendedProperties;
  assert.equal(found.value, "42");
  const any = `singleValueExtendedProperties/Any(ep: ep/id eq '${id}' and ep/value eq '42')`;
  const listed = await client.api(events).filter(any).select("subject").get();
  assert.deepEqual(listed.value.map((event) => event.id), [made.id]);
});

test("a series shows its occurrences, its exceptions and its gaps", async () => {
  const made = await create(series());
  const { value } = await client.api(`/me/events/${made.id}/instances`).query(WINDOW).get();
  value.forEach((event) => validate("Event", event));
  const starts = value.map((event) => event.start.dateTime.slice(5, 16));
  assert.deepEqual(starts, ["03-16T09:00", "03-23T09:00", "03-30T08:00", "04-06T08:00"]);
  await client.api(`/me/events/${value[1].id}`).patch({ subject: "Other" });
  await client.api(`/me/events/${value[2].id}`).delete();
  const told = client.api(`/me/events/${made.id}`).select("cancelledOccurrences").expand("exceptionOccurrences");
  const master = validate("Event", await told.get());
  assert.equal(master.exceptionOccurrences[0].subject, "Other");
  assert.deepEqual(master.cancelledOccurrences, [`OID.${made.id}.2027-03-30`]);
});

test("a delta is followed by its links", async () => {
  for (const hour of [9, 10, 11]) await create(meeting(hour));
  await create(series());
  const prefer = `${IMMUTABLE}, odata.maxpagesize=2, outlook.timezone="UTC"`;
  // The client knows a link as one only where it begins with https; here it is given what follows the host.
  const follow = (link) => client.api(link.replace(`${simulator.base}/v1.0`, "")).header("Prefer", prefer).get();
  const delta = events.replace("/events", "/calendarView/delta()");
  let page = await client.api(delta).query(WINDOW).header("Prefer", prefer).get();
  const shown = [...page.value];
  while (page["@odata.nextLink"]) {
    page = await follow(page["@odata.nextLink"]);
    shown.push(...page.value);
  }
  shown.forEach((event) => validate("Event", event));
  const all = [...Array(3).fill("singleInstance"), "seriesMaster", ...Array(4).fill("occurrence")];
  assert.deepEqual(shown.map((event) => event.type), all);
  await client.api(`/me/events/${shown[0].id}`).delete();
  const changes = await follow(page["@odata.deltaLink"]);
  assert.deepEqual(changes.value.map((event) => [event.id, event["@removed"].reason]), [[shown[0].id, "deleted"]]);
  await simulator.control("faults", { name: "cursor_expired", count: 1 });
  await assert.rejects(follow(changes["@odata.deltaLink"]), refusal(410, "SyncStateNotFound"));
});

test("a batch of the client's own making is answered part by part", async () => {
  const part = (id, hour) => ({
    id,
    request: new Request(`${simulator.base}${events}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(meeting(hour)),
    }),
  });
  await simulator.control("faults", { name: "rate_limited", scope: "events.create", count: 1, retry_after_s: 3 });
  const statuses = async (content) => {
    const answer = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
    return ["1", "2", "3"].map((id) => answer.getResponseById(id).status);
  };
  const content = new BatchRequestContent([part("1", 9), part("2", 10), part("3", 11)]);
  assert.deepEqual(await statuses(content), [429, 201, 201]);
  await simulator.control("faults", { name: "server_error", scope: "events.create", count: 1, status: 504 });
  content.addDependency("2", "1");
  content.addDependency("3", "2");
  assert.deepEqual(await statuses(content), [504, 424, 424]);
});

test("a client that is told to wait comes again", async () => {
  const fault = { name: "rate_limited", scope: "calendars.list", count: 1, retry_after_s: 1 };
  await simulator.control("faults", fault);
  const { value } = await client.api("/me/calendars").get();
  value.forEach((calendar) => validate("Calendar", calendar));
  assert.equal(value.filter((calendar) => calendar.isDefaultCalendar).length, 1);
});

test("a subscription is opened by handshake, told, renewed and ended", async () => {
  const hook = await receiver();
  try {
    const wish = {
      changeType: "created,updated,deleted",
      notificationUrl: hook.url,
      lifecycleNotificationUrl: hook.url,
      resource: "me/events",
      expirationDateTime: new Date(Date.now() + 3_600_000).toISOString(),
      clientState: "secret",
    };
    const opened = validate("Subscription", await client.api("/subscriptions").post(wish));
    const event = await create(meeting());
    const [told] = (await hook.next()).value;
    // The published type leaves out what `resourceData` always holds.
    validate("ChangeNotification", { ...told, resourceData: undefined });
    assert.deepEqual([told.clientState, told.resourceData.id], ["secret", event.id]);
    await simulator.control("lifecycle", { account: ACCOUNT, event: "missed" });
    const [missed] = (await hook.next()).value;
    assert.equal(validate("ChangeNotification", missed).lifecycleEvent, "missed");

    const expirationDateTime = new Date(Date.now() + 7_200_000).toISOString();
    const one = client.api(`/subscriptions/${opened.id}`);
    validate("Subscription", await one.patch({ expirationDateTime }));
    const far = new Date(Date.now() + 11_000 * 60_000).toISOString();
    await assert.rejects(one.patch({ expirationDateTime: far }), refusal(400, "ValidationError"));
    await one.delete();
    await assert.rejects(one.get(), refusal(404, "ResourceNotFound"));
  } finally {
    hook.stop();
  }
});

test("a property that Microsoft does not describe would be caught", async () => {
  const made = await create(meeting());
  assert.throws(() => validate("Event", { ...made, colour: "red" }), /additional properties/);
  assert.throws(() => validate("Event", { ...made, showAs: "outOfOffice" }), /showAs/);
});
