"""Holds the signatures that our tests expect to the reference implementation of Standard Webhooks."""

import datetime
import json
import pathlib

from standardwebhooks.webhooks import Webhook

vectors = json.loads(pathlib.Path(__file__).with_name("webhook_vectors.json").read_text())
for vector in vectors:
    at = datetime.datetime.fromtimestamp(vector["timestamp"], datetime.timezone.utc)
    signed = Webhook(vector["secret"]).sign(vector["id"], at, vector["body"])
    assert signed == vector["signature"], vector

# A delivery of two secrets, just sent, verifies with either.
now = datetime.datetime.now(datetime.timezone.utc)
old, new = (Webhook(vector["secret"]) for vector in vectors[:2])
headers = {
    "webhook-id": "whd_1",
    "webhook-timestamp": str(int(now.timestamp())),
    "webhook-signature": " ".join(key.sign("whd_1", now, "{}") for key in (new, old)),
}
for key in (old, new):
    key.verify("{}", headers)
print(f"standardwebhooks: {len(vectors)} signatures agree")
