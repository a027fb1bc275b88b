"""Drives the simulated Pub/Sub with Google's own Python clients, and has them judge its proofs of identity.

    python pubsub_client_check.py http://127.0.0.1:8788

Every answer body is held against the schemas of the discovery document that the client carries.
"""

import base64
import http.server
import json
import os
import queue
import sys
import threading
import time
import unittest
import uuid

if len(sys.argv) < 2:
    sys.exit("usage: pubsub_client_check.py BASE_URL [unittest arguments]")
os.environ["GOOGLE_SIMULATOR"] = sys.argv.pop(1)

import google.auth.crypt
import google.auth.exceptions
import google.auth.jwt
import jsonschema
import jwt
import requests
from google.auth.transport.requests import Request
from google.oauth2 import id_token, service_account
from googleapiclient.discovery import build
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from google_simulator import BASE, control, json_schema

PROJECT = "official-check"
ADMIN = f"admin@{PROJECT}.iam.gserviceaccount.com"
PUBLISHER = f"publisher@{PROJECT}.iam.gserviceaccount.com"
PUSHER = f"pusher@{PROJECT}.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/pubsub"
CERTS = BASE + "/oauth2/v3/certs"
SCHEMAS = json.loads(get_static_doc("pubsub", "v1"))["schemas"]
DEFINITIONS = {name: json_schema(node) for name, node in SCHEMAS.items()}


def key_of(email, roles=()):
    """The account's key file, as Google would let its owner download it."""
    return control("/_sim/service_accounts", {"email": email, "project": PROJECT, "roles": list(roles)}).json()


def credentials(email, scope=SCOPE):
    return service_account.Credentials.from_service_account_info(key_of(email), scopes=[scope])


def client(email):
    options = {"api_endpoint": BASE + "/"}
    return build("pubsub", "v1", credentials=credentials(email), static_discovery=True, client_options=options).projects()


def answered(request, schema):
    body = request.execute()
    jsonschema.validate(body, {"$ref": "#/definitions/" + schema, "definitions": DEFINITIONS})
    return body


class Receiver(http.server.ThreadingHTTPServer):
    """Answers pushes with the statuses of a script, then with 204, and keeps what came."""

    daemon_threads = True

    def __init__(self, *statuses):
        super().__init__(("127.0.0.1", 0), Push)
        self.statuses, self.came = list(statuses), queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_port}/push"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self):
        return self.came.get(timeout=10)


class Push(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.came.put((self.headers["authorization"].removeprefix("Bearer "), body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def log_message(self, *_):
        """Silent."""


class Check(unittest.TestCase):
    def setUp(self):
        control("/_sim/faults", method="DELETE")
        key_of(ADMIN, ["roles/pubsub.admin"])
        self.admin = client(ADMIN)
        self.topic = f"projects/{PROJECT}/topics/t-{uuid.uuid4()}"
        self.subscription = f"projects/{PROJECT}/subscriptions/s-{uuid.uuid4()}"
        answered(self.admin.topics().create(name=self.topic, body={}), "Topic")

    def refused(self, request, status, code):
        with self.assertRaises(HttpError) as caught:
            request.execute()
        error = json.loads(caught.exception.content)["error"]
        self.assertEqual((caught.exception.resp.status, error["status"]), (status, code))

    def subscribe(self, receiver, **more):
        token = {"serviceAccountEmail": PUSHER, "audience": "https://kalends.test/push"}
        body = {
            "topic": self.topic,
            "pushConfig": {"pushEndpoint": receiver.url, "oidcToken": token},
            "retryPolicy": {"minimumBackoff": "0s", "maximumBackoff": "1s"},
            **more,
        }
        return answered(self.admin.subscriptions().create(name=self.subscription, body=body), "Subscription")

    def publish(self, text, by=None):
        data = base64.b64encode(text.encode()).decode()
        request = (by or self.admin).topics().publish(topic=self.topic, body={"messages": [{"data": data}]})
        return answered(request, "PublishResponse")["messageIds"][0]

    # Accounts

    def test_an_account_gets_access_with_its_key_and_with_no_other(self):
        good = credentials(ADMIN)
        good.refresh(Request())
        self.assertTrue(good.token.startswith("ya29."))
        unknown = {**key_of(ADMIN), "client_email": "nobody@x.test"}
        unknown = service_account.Credentials.from_service_account_info(unknown, scopes=[SCOPE])
        with self.assertRaisesRegex(google.auth.exceptions.RefreshError, "account not found"):
            unknown.refresh(Request())

    def test_an_assertion_is_short_lived_for_the_endpoint_and_for_a_scope(self):
        key = key_of(ADMIN)
        signer = google.auth.crypt.RSASigner.from_service_account_info({**key, "private_key_id": "1"})
        now = int(time.time())
        good = {"iss": ADMIN, "scope": SCOPE, "aud": key["token_uri"], "iat": now, "exp": now + 3600}
        cases = [
            ({}, 200, None),
            ({"aud": BASE}, 400, "invalid_grant"),
            ({"exp": now - 1}, 400, "invalid_grant"),
            ({"exp": now + 3700}, 400, "invalid_grant"),
            ({"iat": now + 900}, 400, "invalid_grant"),
            ({"scope": ""}, 400, "invalid_scope"),
        ]
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        for change, status, error in cases:
            assertion = google.auth.jwt.encode(signer, {**good, **change}).decode()
            form = {"grant_type": grant, "assertion": assertion}
            answer = requests.post(key["token_uri"], data=form, timeout=10)
            self.assertEqual((answer.status_code, answer.json().get("error")), (status, error), change)
        forged = assertion[:-8] + "AAAAAAAA"
        answer = requests.post(key["token_uri"], data={"grant_type": grant, "assertion": forged}, timeout=10)
        self.assertEqual(answer.json()["error_description"], "Invalid JWT Signature.")

    def test_another_scope_is_not_enough(self):
        calendar = credentials(ADMIN, "https://www.googleapis.com/auth/calendar")
        options = {"api_endpoint": BASE + "/"}
        narrow = build("pubsub", "v1", credentials=calendar, static_discovery=True, client_options=options)
        self.refused(narrow.projects().topics().get(topic=self.topic), 403, "PERMISSION_DENIED")

    # Topics and subscriptions

    def test_topics_and_subscriptions_are_made_once_and_are_gone_once(self):
        receiver = Receiver()
        self.subscribe(receiver, ackDeadlineSeconds=30, expirationPolicy={})
        topics, subscriptions = self.admin.topics(), self.admin.subscriptions()
        self.refused(topics.create(name=self.topic, body={}), 409, "ALREADY_EXISTS")
        body = {"topic": self.topic}
        self.refused(subscriptions.create(name=self.subscription, body=body), 409, "ALREADY_EXISTS")
        shown = answered(subscriptions.get(subscription=self.subscription), "Subscription")
        self.assertEqual((shown["ackDeadlineSeconds"], shown["expirationPolicy"]), (30, {}))
        config = {"pushConfig": {"pushEndpoint": "https://x.test/"}}
        subscriptions.modifyPushConfig(subscription=self.subscription, body=config).execute()
        change = {"subscription": {"ackDeadlineSeconds": 60}, "updateMask": "ackDeadlineSeconds"}
        shown = answered(subscriptions.patch(name=self.subscription, body=change), "Subscription")
        self.assertEqual((shown["ackDeadlineSeconds"], shown["pushConfig"]), (60, config["pushConfig"]))
        answered(topics.delete(topic=self.topic), "Empty")
        self.refused(topics.delete(topic=self.topic), 404, "NOT_FOUND")
        answered(subscriptions.delete(subscription=self.subscription), "Empty")
        self.refused(subscriptions.get(subscription=self.subscription), 404, "NOT_FOUND")

    def test_a_publisher_is_let_in_by_the_topics_policy(self):
        key_of(PUBLISHER)
        publisher, topics = client(PUBLISHER), self.admin.topics()
        body = {"messages": [{"data": "aGk="}]}
        self.refused(publisher.topics().publish(topic=self.topic, body=body), 403, "PERMISSION_DENIED")
        policy = answered(topics.getIamPolicy(resource=self.topic, options_requestedPolicyVersion=3), "Policy")
        member = f"serviceAccount:{PUBLISHER}"
        policy["bindings"] = [{"role": "roles/pubsub.publisher", "members": [member]}]
        answered(topics.setIamPolicy(resource=self.topic, body={"policy": policy}), "Policy")
        self.refused(topics.setIamPolicy(resource=self.topic, body={"policy": policy}), 409, "ABORTED")
        self.publish("hi", by=publisher)

    # Pushes

    def test_a_push_proves_who_sends_it(self):
        receiver = Receiver()
        self.subscribe(receiver)
        for _ in range(3):
            sent = self.publish("hello")
            proof, body = receiver.next()
            self.assertEqual(base64.b64decode(body["message"]["data"]), b"hello")
            self.assertEqual((body["message"]["messageId"], body["subscription"]), (sent, self.subscription))
            jsonschema.validate(
                {k: v for k, v in body["message"].items() if k not in ("message_id", "publish_time")},
                {"$ref": "#/definitions/PubsubMessage", "definitions": DEFINITIONS},
            )
            claims = id_token.verify_oauth2_token(proof, RequestTo(CERTS), "https://kalends.test/push")
            self.assertEqual((claims["email"], claims["email_verified"]), (PUSHER, True))
            with self.assertRaises(jwt.InvalidAudienceError):
                id_token.verify_token(proof, Request(), audience="https://evil.test/", certs_url=CERTS)
            # The next one is signed with another key, which is published by then.
            control("/_sim/signing_key", {})

    def test_what_is_not_taken_is_pushed_again_and_what_is_taken_is_not(self):
        receiver = Receiver(500, 404)
        self.subscribe(receiver)
        sent = self.publish("again")
        ids = [receiver.next()[1]["message"]["messageId"] for _ in range(3)]
        self.assertEqual(ids, [sent] * 3)
        time.sleep(0.5)
        self.assertTrue(receiver.came.empty())

    def test_a_push_can_be_doubled_and_publishing_can_fail(self):
        receiver = Receiver()
        self.subscribe(receiver)
        control("/_sim/faults", {"name": "notification_duplicate", "scope": "pubsub.push", "count": 1})
        sent = self.publish("twice")
        self.assertEqual([receiver.next()[1]["message"]["messageId"] for _ in range(2)], [sent] * 2)
        control("/_sim/faults", {"name": "server_error", "scope": "pubsub.topics.publish", "count": 1, "status": 503})
        body = {"messages": [{"data": "aGk="}]}
        self.refused(self.admin.topics().publish(topic=self.topic, body=body), 503, "UNAVAILABLE")


class RequestTo(Request):
    """Sends what is asked of Google's address for its keys to the simulator's."""

    def __init__(self, certs):
        super().__init__()
        self.certs = certs

    def __call__(self, url, *given, **named):
        return super().__call__(self.certs if url.startswith("https://www.googleapis.com/") else url, *given, **named)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
