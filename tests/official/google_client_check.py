"""Drives the Google simulator with Google's own Python client.

    python google_client_check.py http://127.0.0.1:8788

Every answer body of the Calendar API is held against the schemas of the discovery document that the client carries;
a field that Google does not describe fails the check.
"""

import http.server
import json
import os
import sys
import threading
import unittest
import urllib.parse

if len(sys.argv) < 2:
    sys.exit("usage: google_client_check.py BASE_URL [unittest arguments]")
os.environ["GOOGLE_SIMULATOR"] = sys.argv.pop(1)

import google.auth.exceptions
import google.auth.transport.requests
import jsonschema
import requests
from google.oauth2.credentials import Credentials
from googleapiclient.errors import HttpError

from google_simulator import (
    ACCOUNT,
    BASE,
    SCOPES,
    authorize,
    consent,
    control,
    flow,
    meeting,
    series,
    service,
    validate,
)


class Check(unittest.TestCase):
    def setUp(self):
        control("/_sim/faults", method="DELETE")
        control("/_sim/accounts", {"email": ACCOUNT, "zone": "Europe/Berlin"})
        self.calendar = control(
            "/_sim/calendars", {"account": ACCOUNT, "summary": self.id().split(".")[-1], "zone": "Europe/Berlin"}
        ).json()["id"]
        token = control("/_sim/token", {"account": ACCOUNT}).json()["access_token"]
        self.events = service(Credentials(token=token)).events()
        self.service = service(Credentials(token=token))

    def insert(self, body, **more):
        return self.events.insert(calendarId=self.calendar, body=body, **more).execute()

    def refused(self, request, status, reason):
        with self.assertRaises(HttpError) as caught:
            request.execute()
        error = json.loads(caught.exception.content)["error"]
        self.assertEqual((caught.exception.resp.status, error["errors"][0]["reason"]), (status, reason))

    # OAuth

    def test_a_person_consents_and_the_refresh_token_works(self):
        credentials = authorize()
        self.assertTrue(credentials.token.startswith("ya29."))
        self.assertTrue(credentials.refresh_token.startswith("1//"))
        self.assertIn(ACCOUNT, [c["id"] for c in service(credentials).calendarList().list().execute()["items"]])
        before = credentials.token
        credentials.refresh(google.auth.transport.requests.Request())
        self.assertNotEqual(before, credentials.token)
        who = requests.get(BASE + "/v1/userinfo", headers={"Authorization": "Bearer " + credentials.token}, timeout=10)
        self.assertEqual(who.json()["email"], ACCOUNT)

    def test_a_revoked_grant_cannot_be_refreshed(self):
        credentials = authorize()
        self.assertEqual(requests.post(BASE + "/revoke", data={"token": credentials.token}, timeout=10).status_code, 200)
        with self.assertRaisesRegex(google.auth.exceptions.RefreshError, "invalid_grant"):
            credentials.refresh(google.auth.transport.requests.Request())

    def test_a_scope_that_was_unticked_is_not_granted(self):
        calendar = SCOPES[0]
        credentials = authorize(lambda fields: [field for field in fields if field != ("granted", calendar)])
        self.assertNotIn(calendar, credentials.granted_scopes)
        self.refused(service(credentials).calendarList().list(), 403, "insufficientPermissions")

    def test_cancel_is_access_denied(self):
        url, _ = flow().authorization_url(prompt="consent", login_hint=ACCOUNT)
        self.assertIn("error=access_denied", consent(url, lambda fields: fields + [("decision", "cancel")]))

    def test_a_redirect_address_that_differs_gets_a_page_and_no_redirect(self):
        url, _ = flow().authorization_url(prompt="consent")
        url = url.replace("callback", "callback%2F")
        answer = requests.get(url, allow_redirects=False, timeout=10)
        self.assertEqual(answer.status_code, 400)
        self.assertIn("redirect_uri_mismatch", answer.text)

    def test_a_code_is_good_once(self):
        asked = flow()
        url, _ = asked.authorization_url(access_type="offline", prompt="consent", login_hint=ACCOUNT)
        code = urllib.parse.parse_qs(urllib.parse.urlparse(consent(url)).query)["code"][0]
        asked.fetch_token(code=code)
        with self.assertRaisesRegex(Exception, "invalid_grant"):
            asked.fetch_token(code=code)

    # Events

    def test_an_event_is_written_read_changed_and_deleted(self):
        made = self.insert(meeting(extendedProperties={"private": {"source": "42", "kept": "yes"}}))
        which = {"calendarId": self.calendar, "eventId": made["id"]}
        self.assertEqual(self.events.get(**which).execute(), made)
        self.assertEqual(made["start"]["dateTime"], "2027-03-02T09:00:00+01:00")

        patched = self.events.patch(
            **which, body={"location": "Dock", "summary": None, "extendedProperties": {"private": {"source": None}}}
        ).execute()
        self.assertNotIn("summary", patched)
        self.assertEqual((patched["location"], patched["extendedProperties"]), ("Dock", {"private": {"kept": "yes"}}))
        self.assertEqual(patched["sequence"], made["sequence"])

        replaced = self.events.update(**which, body=meeting(hour=11)).execute()
        self.assertNotIn("location", replaced)
        self.assertGreater(replaced["sequence"], patched["sequence"])

        stale = self.events.update(**which, body=meeting(hour=12))
        stale.headers["If-Match"] = made["etag"]
        self.refused(stale, 412, "conditionNotMet")
        fresh = self.events.delete(**which)
        fresh.headers["If-Match"] = replaced["etag"]
        self.assertEqual(fresh.execute(), "")
        self.refused(self.events.delete(**which), 410, "deleted")
        back = self.events.update(**which, body=meeting(hour=12, status="confirmed")).execute()
        self.assertEqual(back["status"], "confirmed")

    def test_a_chosen_id_is_taken_for_good(self):
        self.insert(meeting(id="chosen123"))
        self.refused(self.events.insert(calendarId=self.calendar, body=meeting(id="chosen123")), 409, "duplicate")
        self.events.delete(calendarId=self.calendar, eventId="chosen123").execute()
        self.refused(self.events.insert(calendarId=self.calendar, body=meeting(id="chosen123")), 409, "duplicate")
        self.refused(self.events.insert(calendarId=self.calendar, body=meeting(id="Chosen-1")), 400, "invalid")

    def test_a_body_that_makes_no_sense_is_refused(self):
        insert = lambda body: self.events.insert(calendarId=self.calendar, body=body)
        self.refused(insert({"start": {"date": "2027-03-02"}}), 400, "required")
        self.refused(insert(meeting(end={"date": "2027-03-03"})), 400, "invalid")
        self.refused(insert(meeting(start={"dateTime": "2027-03-02T23:00:00+01:00"})), 400, "timeRangeEmpty")
        self.refused(insert(meeting(recurrence=["RRULE:FREQ=DAILY"])), 400, "required")
        self.refused(insert(series(recurrence=["DTSTART:20270316T100000"])), 400, "invalid")
        self.refused(insert(series(recurrence=["RRULE:FREQ=OFTEN"])), 400, "invalid")
        self.refused(insert(meeting(eventType="focusTime")), 400, "eventTypeRestriction")
        self.refused(insert(meeting(colour="red")), 400, "badRequest")

    def test_an_import_is_known_again_by_its_uid(self):
        copy = meeting(iCalUID="abc@example.com", organizer={"email": "boss@example.com"})
        first = self.events.import_(calendarId=self.calendar, body=copy).execute()
        second = self.events.import_(calendarId=self.calendar, body={**copy, "summary": "New"}).execute()
        self.assertEqual((first["id"], second["summary"]), (second["id"], "New"))
        self.assertEqual(second["organizer"], {"email": "boss@example.com"})

    def test_an_all_day_event_ends_the_day_after(self):
        made = self.insert({"summary": "Fair", "start": {"date": "2027-03-02"}, "end": {"date": "2027-03-03"}})
        self.assertEqual((made["start"], made["end"]), ({"date": "2027-03-02"}, {"date": "2027-03-03"}))

    # Lists

    def test_pages_and_sync_tokens_bring_every_change_once(self):
        for hour in range(5):
            self.insert(meeting(hour=hour))
        items, page = [], {}
        request = self.events.list(calendarId=self.calendar, maxResults=2)
        while request is not None:
            page = request.execute()
            self.assertNotEqual("nextPageToken" in page, "nextSyncToken" in page)
            items += page["items"]
            request = self.events.list_next(request, page)
        self.assertEqual(len(items), 5)
        sync = {"calendarId": self.calendar, "syncToken": page["nextSyncToken"]}
        self.assertEqual(self.events.list(**sync).execute()["items"], [])
        self.events.delete(calendarId=self.calendar, eventId=items[0]["id"]).execute()
        changed = self.events.list(**sync).execute()["items"]
        self.assertEqual([(e["id"], e["status"]) for e in changed], [(items[0]["id"], "cancelled")])
        self.refused(self.events.list(**sync, timeMin="2027-03-02T00:00:00Z"), 400, "invalid")
        control("/_sim/faults", {"name": "cursor_expired", "scope": "events.list", "count": 1})
        self.refused(self.events.list(**sync), 410, "fullSyncRequired")
        self.events.list(**sync).execute()

    def test_time_bounds_are_exclusive_and_order_needs_single_events(self):
        self.insert(meeting(hour=9))
        between = lambda after, before: self.events.list(
            calendarId=self.calendar, timeMin=f"2027-03-02T{after}:00+01:00", timeMax=f"2027-03-02T{before}:00+01:00"
        )
        self.assertEqual(len(between("09:29", "09:40").execute()["items"]), 1)
        self.assertEqual(len(between("09:30", "09:40").execute()["items"]), 0)
        self.assertEqual(len(between("08:00", "09:00").execute()["items"]), 0)
        self.refused(between("10:00", "09:00"), 400, "timeRangeEmpty")
        self.refused(self.events.list(calendarId=self.calendar, orderBy="startTime"), 400, "badRequest")

    def test_thin_pages_lose_nothing(self):
        for hour in range(4):
            self.insert(meeting(hour=hour))
        for fault in ("empty_page", "short_page"):
            control("/_sim/faults", {"name": fault, "scope": "events.list", "count": 1})
            found, request = 0, self.events.list(calendarId=self.calendar)
            pages = 0
            while request is not None:
                page = request.execute()
                found, pages = found + len(page["items"]), pages + 1
                request = self.events.list_next(request, page)
            self.assertEqual((found, pages), (4, 2), fault)

    # Series

    def test_a_series_has_instances_and_exceptions(self):
        master = self.insert(series())
        which = {"calendarId": self.calendar}
        instances = self.events.instances(**which, eventId=master["id"]).execute()["items"]
        self.assertEqual([e["start"]["dateTime"][11:19] for e in instances], ["10:00:00"] * 4)
        self.assertEqual({e["iCalUID"] for e in instances}, {master["iCalUID"]})
        third = instances[2]
        self.assertEqual(third["id"], master["id"] + "_20270330T080000Z")
        start, end = dict(third["start"]), dict(third["end"])
        start["dateTime"], end["dateTime"] = "2027-03-31T15:00:00+02:00", "2027-03-31T16:00:00+02:00"
        moved = self.events.update(**which, eventId=third["id"], body={**third, "start": start, "end": end}).execute()
        self.assertEqual(moved["originalStartTime"], third["originalStartTime"])
        self.events.delete(**which, eventId=instances[1]["id"]).execute()
        listed = self.events.list(**which).execute()["items"]
        self.assertEqual(len(listed), 3)
        expanded = self.events.list(**which, singleEvents=True, orderBy="startTime").execute()["items"]
        self.assertEqual([e["start"]["dateTime"][:10] for e in expanded], ["2027-03-16", "2027-03-31", "2027-04-06"])
        found = self.events.instances(
            **which, eventId=master["id"], originalStart=third["originalStartTime"]["dateTime"]
        ).execute()["items"]
        self.assertEqual([e["id"] for e in found], [third["id"]])
        self.events.delete(**which, eventId=master["id"]).execute()
        self.assertEqual(self.events.list(**which).execute()["items"], [])

    # Channels, batch, limits

    def test_a_channel_is_told_of_changes(self):
        came = []
        arrived = threading.Condition()

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                with arrived:
                    came.append((self.headers["X-Goog-Resource-State"], self.headers["X-Goog-Channel-Token"]))
                    arrived.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        channel = {"id": self.calendar[:30], "type": "web_hook", "token": "shared", "params": {"ttl": "600"}}
        watch = lambda address: self.events.watch(calendarId=self.calendar, body={**channel, "address": address})
        self.refused(watch("http://example.com/hook"), 400, "push.webhookUrlNotHttps")
        opened = watch(f"http://127.0.0.1:{server.server_port}/hook").execute()
        self.insert(meeting())
        with arrived:
            self.assertTrue(arrived.wait_for(lambda: len(came) >= 2, timeout=10))
        self.assertEqual(came, [("sync", "shared"), ("exists", "shared")])
        stop = {"id": opened["id"], "resourceId": opened["resourceId"]}
        self.assertEqual(self.service.channels().stop(body=stop).execute(), "")
        self.refused(self.service.channels().stop(body=stop), 404, "notFound")

    def test_a_batch_answers_each_part(self):
        answers = {}
        batch = self.service.new_batch_http_request(callback=lambda key, body, error: answers.update({key: (body, error)}))
        for hour in range(3):
            batch.add(self.events.insert(calendarId=self.calendar, body=meeting(hour=hour)), request_id=f"made-{hour}")
        batch.add(self.events.get(calendarId=self.calendar, eventId="missing"), request_id="missing")
        batch.execute()
        self.assertEqual(answers["made-1"][0]["start"]["dateTime"], "2027-03-02T01:00:00+01:00")
        self.assertEqual(answers["missing"][1].resp.status, 404)
        self.assertEqual(len(self.events.list(calendarId=self.calendar).execute()["items"]), 3)

    def test_limits_are_told_apart_by_their_reason(self):
        for status, reason in ((403, "userRateLimitExceeded"), (429, "rateLimitExceeded"), (403, "quotaExceeded")):
            fault = {"name": "rate_limited", "status": status, "reason": reason, "count": 1, "retry_after_s": 3}
            control("/_sim/faults", fault)
            self.refused(self.events.list(calendarId=self.calendar), status, reason)
        control("/_sim/faults", {"name": "server_error", "count": 1})
        self.assertEqual(self.events.list(calendarId=self.calendar).execute(num_retries=1)["items"], [])

    def test_a_fault_that_is_not_known_is_named(self):
        self.assertIn("typo", control("/_sim/faults", {"name": "typo"}).json()["error"])
        self.assertIn("often", control("/_sim/faults", {"name": "slow", "often": 1}).json()["error"])
        self.assertIn("events.lisst", control("/_sim/faults", {"name": "slow", "scope": "events.lisst"}).json()["error"])

    def test_a_field_that_google_does_not_describe_would_be_caught(self):
        made = self.insert(meeting())
        with self.assertRaises(jsonschema.ValidationError):
            validate({**made, "colour": "red"})
        with self.assertRaises(jsonschema.ValidationError):
            validate({**made, "sequence": "1"})


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
