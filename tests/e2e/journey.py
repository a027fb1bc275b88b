"""What people and providers do with the deployed product, on the stack as it was created.

    python journey.py        # after `cargo build --release -p bootstrap` and `cargo build -p tests --bin google-sim`
"""

import json
import re
import signal
import statistics
import sys
import time
import unittest
import urllib.parse

from deploy import ROOT
from stack import Stack
from wait import eventually

sys.path.insert(0, str(ROOT / "tests" / "official"))

from product import Product, calendar_client  # noqa: E402

ADA, BOB, CLEO = "ada@northwind.test", "bob@contoso.test", "cleo@contoso.test"
PASSWORD = "correct horse battery"
ENTRIES = "/api/v1/schedule/entries"
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=",
    "cross-origin-opener-policy": "same-origin",
}


def setUpModule():
    global stack, ada, bob
    stack = Stack([ADA, BOB, CLEO])
    unittest.addModuleCleanup(stack.close)
    unittest.addModuleCleanup(lambda: complaints.extend(stack.complaints()))
    ada, bob = Product(stack.front.url), Product(stack.front.url)
    cold, *warm = [duration_ms(lambda: ada.status("GET", "/sign-in")) for _ in range(10)]
    print(f"GET /sign-in: {cold:.0f} ms cold, {statistics.median(warm):.0f} ms warm, most of it the emulator's", flush=True)
    ada.sign_up("Northwind Field Service", "Ada Adler", ADA, PASSWORD)
    bob.sign_up("Contoso Care", "Bob Baker", BOB, PASSWORD)


def duration_ms(act):
    started = time.monotonic()
    act()
    return (time.monotonic() - started) * 1e3


def of_type(kind):
    return {id: resource["Properties"] for id, resource in stack.template.items() if resource["Type"] == kind}


class Deployment(unittest.TestCase):
    """A stack can be complete without what it should hold."""

    def test_every_route_leads_to_a_function_of_the_template(self):
        api = stack.client("apigatewayv2")
        integrations = {one["IntegrationId"]: one for one in api.get_integrations(ApiId=stack.front.api)["Items"]}
        routes = {
            route["RouteKey"]: integrations[route["Target"].split("/")[1]]["IntegrationUri"]
            for page in api.get_paginator("get_routes").paginate(ApiId=stack.front.api)
            for route in page["Items"]
        }
        expected = {route["RouteKey"] for route in of_type("AWS::ApiGatewayV2::Route").values()}
        self.assertEqual(set(routes), expected)
        functions = {self.handler_of(uri) for uri in routes.values()}
        self.assertEqual(len(functions), len(of_type("AWS::ApiGatewayV2::Integration")))
        print(f"\n{len(routes)} routes to {len(functions)} functions", flush=True)

    def handler_of(self, uri):
        function = re.search(r"function:([\w-]+:live)", uri).group(1)
        return stack.client("lambda").get_function_configuration(FunctionName=function)["Handler"]

    def test_every_mapping_of_the_template_is_enabled(self):
        mappings = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        fed = sorted(
            (re.search(r":(kalends-e2e[\w-]*|table/kalends-e2e)", one["EventSourceArn"]).group(1), one["State"])
            for one in mappings
        )
        self.assertEqual(fed, [
            ("kalends-e2e-deliveries", "Enabled"),
            ("kalends-e2e-purge", "Enabled"),
            ("kalends-e2e-sync-google", "Enabled"),
            ("kalends-e2e-sync-interactive", "Enabled"),
            ("kalends-e2e-sync-microsoft", "Enabled"),
            ("table/kalends-e2e", "Enabled"),
        ])
        self.assertEqual(len(fed), len(of_type("AWS::Lambda::EventSourceMapping")))

    def test_every_schedule_of_the_template_runs_its_function(self):
        scheduler = stack.client("scheduler")
        names = [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
        found = [scheduler.get_schedule(Name=name) for name in names]
        self.assertEqual(
            sorted(one["ScheduleExpression"] for one in found),
            sorted(one["ScheduleExpression"] for one in of_type("AWS::Scheduler::Schedule").values()),
        )
        for schedule in found:
            self.assertEqual(schedule["State"], "ENABLED")
        called = {schedule["Target"]["Arn"].split(":")[6] for schedule in found}
        self.assertEqual(called, {"kalends-e2e-due-sweep", "kalends-e2e-subscriptions-renew"})

    def test_every_function_answers_its_sample_event(self):
        functions = of_type("AWS::Lambda::Function")
        for function in functions.values():
            handler = function["Handler"]
            with self.subTest(function=handler):
                answer = stack.client("lambda").invoke(
                    FunctionName=f"kalends-e2e-{handler}:live", Payload=(ROOT / "events" / f"{handler}.json").read_bytes()
                )
                said = answer["Payload"].read().decode()
                self.assertNotIn("FunctionError", answer, said)
                # Whatever a sample asks for, a function that stands answers it by itself.
                said = json.loads(said) or {}
                self.assertLess(said.get("statusCode", 200), 500, said)
                self.assertEqual(said.get("batchItemFailures", []), [])
        print(f"\n{len(functions)} functions", flush=True)


class Visitors(unittest.TestCase):
    def test_who_signs_up_administers_a_new_organisation(self):
        eve = Product(stack.front.url)
        signed_up = eve.sign_up("Fabrikam Clinic", "Eve Ebner", "eve@fabrikam.test", PASSWORD)
        self.assertEqual(signed_up["organization"]["name"], "Fabrikam Clinic")
        again = Product(stack.front.url)
        again.sign_in("eve@fabrikam.test", PASSWORD)
        profile = again.call("GET", "/api/users/auth/profile")
        self.assertEqual((profile["id"], profile["role"]), (signed_up["id"], "ADMIN"))

    def test_a_wrong_password_opens_nothing(self):
        mallory = Product(stack.front.url)
        login = {"email": ADA, "password": PASSWORD + "!"}
        self.assertEqual(mallory.status("POST", "/api/users/auth/login/", login), 401)
        self.assertEqual(mallory.status("GET", "/api/users/auth/profile"), 401)

    def test_a_write_without_proof_of_origin_is_refused(self):
        forger = Product(stack.front.url)
        forger.sign_in(ADA, PASSWORD)
        forger.csrf = None
        self.assertEqual(forger.status("POST", "/api/v1/connections", {"provider": "google"}), 403)

    def test_pages_and_assets_come_with_the_security_headers(self):
        with Product(stack.front.url).send("GET", "/sign-in") as page:
            self.secured(page)
            files = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.read().decode()))
        self.assertTrue(files, "the page names no assets")
        for path in [*files, "/schedule", "/connections"]:
            with self.subTest(path=path), ada.send("GET", path) as answer:
                self.secured(answer)
                self.assertTrue(answer.read())

    def secured(self, answer):
        self.assertEqual(answer.status, 200)
        for name, value in SECURITY_HEADERS.items():
            self.assertTrue(answer.headers.get(name, "").startswith(value), f"{name}: {answer.headers.get(name)}")


class Sync(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connection = ada.connect(ADA)
        ada.choose_primary_calendar(cls.connection)
        cls.events = calendar_client(stack.google, ADA).events()
        eventually(cls.synced, lambda: f"the first sync ends: {cls.runs()}")

    @classmethod
    def runs(cls):
        return ada.call("GET", f"/api/v1/connections/{cls.connection}/runs")["items"]

    @classmethod
    def triggers(cls):
        """What runs were asked for by: without a notice or a stream, a poll would do the work in the end."""
        return {run["trigger"] for run in cls.runs()}

    @classmethod
    def synced(cls):
        connection = ada.call("GET", f"/api/v1/connections/{cls.connection}")
        return connection["last_sync_at"] and connection["sync"]["state"] == "idle"

    def entry_titled(self, title):
        span = urllib.parse.urlencode({"from": "2027-03-01T00:00:00Z", "to": "2027-04-01T00:00:00Z"})
        return next((one for one in ada.call("GET", f"{ENTRIES}?{span}")["items"] if one["title"] == title), None)

    def event_titled(self, title):
        listed = self.events.list(calendarId="primary", q=title).execute()["items"]
        return next((one for one in listed if one.get("summary") == title), None)

    def insert(self, title, hour):
        return self.events.insert(calendarId="primary", body={
            "summary": title,
            "start": {"dateTime": f"2027-03-02T{hour}:00:00", "timeZone": "Europe/Berlin"},
            "end": {"dateTime": f"2027-03-02T{hour}:30:00", "timeZone": "Europe/Berlin"},
        }).execute()

    def create(self, title, hour):
        return ada.call("POST", ENTRIES, {
            "title": title,
            "start": {"local": f"2027-03-03T{hour}:00:00", "zone": "Europe/Berlin"},
            "end": {"local": f"2027-03-03T{hour}:30:00", "zone": "Europe/Berlin"},
        })

    def test_an_event_arrives_as_an_entry_and_follows_its_changes(self):
        event = self.insert("Boiler inspection", 14)
        entry = eventually(lambda: self.entry_titled("Boiler inspection"), "the event is an entry")
        self.assertEqual(entry["start"], {"local": "2027-03-02T14:00:00", "zone": "Europe/Berlin"})
        self.assertIn("notice", self.triggers())
        self.events.patch(calendarId="primary", eventId=event["id"], body={"location": "Quay 7"}).execute()
        path = f"{ENTRIES}/{entry['id']}"
        eventually(lambda: ada.call("GET", path)["location"] == "Quay 7", "the entry has the event's new place")
        self.events.delete(calendarId="primary", eventId=event["id"]).execute()
        eventually(lambda: ada.status("GET", path) == 404, "the entry goes with its event")

    def test_an_entry_arrives_as_an_event_and_follows_its_changes(self):
        entry = self.create("Pump replacement", 10)
        event = eventually(lambda: self.event_titled("Pump replacement"), "the entry is an event")
        self.assertEqual(event["start"]["dateTime"], "2027-03-03T10:00:00+01:00")
        self.assertIn("entry_change", self.triggers())
        path = f"{ENTRIES}/{entry['id']}"
        ada.call("PATCH", path, {"title": "Pump and valve replacement"})
        changed = eventually(lambda: self.event_titled("Pump and valve replacement"), "the event has the entry's new title")
        self.assertEqual(changed["id"], event["id"])
        ada.call("DELETE", path)
        eventually(lambda: not self.event_titled("Pump and valve replacement"), "the event goes with its entry")

    def test_a_forged_notice_is_refused_and_changes_nothing(self):
        cleo = Product(stack.front.url)
        cleo.sign_up("Contoso Annex", "Cleo Clark", CLEO, PASSWORD)
        quiet = cleo.connect(CLEO)
        before = self.demand(quiet)
        forged = {
            "x-goog-channel-id": "forged", "x-goog-channel-token": "forged", "x-goog-message-number": "2",
            "x-goog-resource-id": "forged", "x-goog-resource-state": "exists",
            "x-goog-resource-uri": "https://www.googleapis.com/calendar/v3/calendars/primary/events",
        }
        stranger = Product(stack.front.url)
        self.assertEqual(stranger.status("POST", "/webhooks/google", **forged), 404)
        self.assertEqual(stranger.status("POST", "/webhooks/google"), 404)
        self.assertEqual(self.demand(quiet), before)

    def demand(self, connection):
        """What a notice that is believed would change."""
        key = {"PK": {"S": f"Q#{connection}"}, "SK": {"S": "SYNC"}}
        return stack.client("dynamodb").get_item(TableName="kalends-e2e", Key=key, ConsistentRead=True)["Item"]

    def test_a_second_tenant_sees_nothing_of_the_first(self):
        entry = self.create("Confidential visit", 16)
        path = f"{ENTRIES}/{entry['id']}"
        span = urllib.parse.urlencode({"from": "2027-03-01T00:00:00Z", "to": "2027-04-01T00:00:00Z"})
        self.assertEqual(bob.call("GET", f"{ENTRIES}?{span}")["items"], [])
        self.assertEqual(bob.call("GET", "/api/v1/connections")["items"], [])
        for method, foreign, body in [
            ("GET", path, None),
            ("PATCH", path, {"title": "Taken"}),
            ("DELETE", path, None),
            ("GET", f"/api/v1/connections/{self.connection}", None),
            ("GET", f"/api/v1/connections/{self.connection}/runs", None),
            ("POST", f"/api/v1/connections/{self.connection}/sync", {}),
        ]:
            with self.subTest(method=method, path=foreign):
                self.assertEqual(bob.status(method, foreign, body), 404)
        self.assertEqual(ada.call("GET", path)["title"], "Confidential visit")

    def test_a_message_that_cannot_be_read_ends_in_the_dead_letters(self):
        sqs = stack.client("sqs")
        queue, dead = (sqs.get_queue_url(QueueName=f"kalends-e2e-sync-google{end}")["QueueUrl"] for end in ("", "-dead"))
        sqs.send_message(QueueUrl=queue, MessageBody="no message of ours")
        received = eventually(
            lambda: sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"]).get("Messages"),
            "the message is among the dead letters",
        )
        self.assertEqual([message["Body"] for message in received], ["no message of ours"])
        self.assertIn("unreadable", received[0]["MessageAttributes"]["reason"]["StringValue"])
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=received[0]["ReceiptHandle"])

    def test_nothing_else_was_given_up(self):
        sqs = stack.client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            if url.endswith(("-dead", "-failures")):
                counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
                self.assertEqual(counted["Attributes"]["ApproximateNumberOfMessages"], "0", url)


if __name__ == "__main__":
    complaints = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    tests = unittest.main(verbosity=2, exit=False)
    if not tests.result.wasSuccessful():
        print(*complaints, sep="\n", file=sys.stderr)
        sys.exit(1)
