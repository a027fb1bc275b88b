"""What the check of the Google simulator is made of: the client with its validation, a person's consent, samples."""

import html.parser
import json
import os
import urllib.parse

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"

import jsonschema
import requests
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.model import JsonModel

BASE = os.environ["GOOGLE_SIMULATOR"].rstrip("/")
ACCOUNT = "official@northwind.test"
CLIENT_ID = "kalends-local.apps.googleusercontent.test"
CLIENT_SECRET = "local-client-secret"
REDIRECT = "http://127.0.0.1:8787/oauth/google/callback"
SCOPES = ["https://www.googleapis.com/auth/calendar", "openid", "https://www.googleapis.com/auth/userinfo.email"]

DOCUMENT = json.loads(get_static_doc("calendar", "v3"))


def json_schema(node):
    """A discovery schema as JSON Schema, closed: what is not described is not allowed."""
    if "$ref" in node:
        return {"$ref": "#/definitions/" + node["$ref"]}
    if node.get("type") == "any":
        return {}
    schema = {"type": node.get("type", "object")}
    if "enum" in node:
        schema["enum"] = node["enum"]
    if schema["type"] == "array":
        schema["items"] = json_schema(node["items"])
    if schema["type"] == "object":
        schema["properties"] = {name: json_schema(of) for name, of in node.get("properties", {}).items()}
        extra = node.get("additionalProperties")
        schema["additionalProperties"] = json_schema(extra) if extra else False
    return schema


DEFINITIONS = {name: json_schema(node) for name, node in DOCUMENT["schemas"].items()}
SCHEMA_OF_KIND = {
    "calendar#event": "Event",
    "calendar#events": "Events",
    "calendar#calendarList": "CalendarList",
    "calendar#calendarListEntry": "CalendarListEntry",
    "api#channel": "Channel",
}


def validate(body):
    name = SCHEMA_OF_KIND[body["kind"]]
    jsonschema.validate(body, {"$ref": "#/definitions/" + name, "definitions": DEFINITIONS})


class ValidatingModel(JsonModel):
    """The client's own model, with a look at every body before it is handed on."""

    def deserialize(self, content):
        body = super().deserialize(content)
        if body:
            validate(body)
        return body


def service(credentials):
    document = json.loads(json.dumps(DOCUMENT))
    document["rootUrl"] = BASE + "/"
    document["baseUrl"] = BASE + "/calendar/v3/"
    return build_from_document(document, credentials=credentials, model=ValidatingModel())


class ConsentForm(html.parser.HTMLParser):
    """Fills the consent page as a browser would whose user changes nothing."""

    def __init__(self):
        super().__init__()
        self.action, self.fields, self.select = None, [], None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self.select = given["name"]
        elif tag == "option" and "selected" in given:
            self.fields.append((self.select, given["value"]))


def consent(url, change=lambda fields: fields):
    page = requests.get(url, allow_redirects=False, timeout=10)
    if page.status_code == 302:
        return page.headers["Location"]
    form = ConsentForm()
    form.feed(page.text)
    answer = requests.post(BASE + form.action, data=change(form.fields), allow_redirects=False, timeout=10)
    assert answer.status_code == 302, (answer.status_code, answer.text)
    return answer.headers["Location"]


def flow(scopes=SCOPES):
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "auth_uri": BASE + "/o/oauth2/v2/auth",
        "token_uri": BASE + "/token",
    }
    return Flow.from_client_config({"web": client}, scopes=scopes, redirect_uri=REDIRECT, autogenerate_code_verifier=True)


def authorize(change=lambda fields: fields):
    asked = flow()
    url, state = asked.authorization_url(access_type="offline", prompt="consent", login_hint=ACCOUNT)
    location = consent(url, change)
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(location).query))
    assert answer["state"] == state, answer
    asked.fetch_token(code=answer["code"])
    return asked.credentials


def control(path, body=None, method=None):
    return requests.request(method or ("POST" if body is not None else "GET"), BASE + path, json=body, timeout=10)


def meeting(hour=9, **more):
    return {
        "summary": "Visit",
        "start": {"dateTime": f"2027-03-02T{hour:02}:00:00+01:00"},
        "end": {"dateTime": f"2027-03-02T{hour:02}:30:00+01:00"},
        **more,
    }


def series(**more):
    return {
        "summary": "Round",
        "start": {"dateTime": "2027-03-16T10:00:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2027-03-16T11:00:00", "timeZone": "Europe/Berlin"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
        **more,
    }
