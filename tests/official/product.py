"""The product's API as a program with cookies uses it, and Google's own client of the simulated calendar."""

import html
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request

from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build


class Product:
    def __init__(self, base):
        self.base = base.rstrip("/")
        self.cookies = http.cookiejar.CookieJar()
        keeping = urllib.request.HTTPCookieProcessor(self.cookies)
        self.opener = urllib.request.build_opener(keeping, urllib.request.ProxyHandler({}))
        self.csrf = None

    def call(self, method, path, body=None, **headers):
        """The answer's JSON; an answer that is a refusal is raised."""
        with self.send(method, path, body, **headers) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def send(self, method, path, body=None, **headers):
        if body is not None:
            headers["content-type"] = "application/json"
        if self.csrf:
            headers["x-csrf-token"] = self.csrf
        request = urllib.request.Request(
            self.base + path, method=method, headers=headers, data=json.dumps(body).encode() if body is not None else None
        )
        return self.opener.open(request, timeout=120)

    def status(self, method, path, body=None, **headers):
        try:
            with self.send(method, path, body, **headers) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code

    def sign_up(self, organization, name, email, password):
        form = {"account_type": "admin", "organization": organization, "name": name, "email": email, "password": password}
        signed_up = self.call("POST", "/api/users/auth/signup/", form)
        self.csrf = signed_up["csrf_token"]
        return signed_up

    def sign_in(self, email, password):
        self.csrf = self.call("POST", "/api/users/auth/login/", {"email": email, "password": password})["csrf_token"]

    def connect(self, account):
        """Follows Google's consent form with its default submission; answers the connection's id."""
        url = self.call("POST", "/api/v1/connections", {"provider": "google"})["authorize_url"]
        with self.opener.open(url) as form:
            page = form.read().decode()
        fields = []
        for tag in re.findall(r"<input[^>]*>", page):
            given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if given.get("type") != "checkbox" or " checked" in tag:
                fields.append((given["name"], html.unescape(given["value"])))
        fields += [("account", account), ("decision", "allow")]
        consent = urllib.parse.urljoin(url, "/o/oauth2/v2/auth")
        with self.opener.open(consent, urllib.parse.urlencode(fields).encode()) as back:
            return back.geturl().rsplit("/", 1)[1]

    def choose_primary_calendar(self, connection):
        """Both ways, with all its history, and for new entries."""
        path = f"/api/v1/connections/{connection}/calendars"
        chosen = [
            {"id": one["id"], "selected": one["primary"], "direction": "bidirectional", "history_days": None,
             "receives_new": one["primary"]}
            for one in self.call("GET", path)["calendars"]
        ]
        return self.call("PUT", path, {"calendars": chosen})


def calendar_client(google, account):
    """Google's own client with full access to an account of the simulator."""
    request = urllib.request.Request(
        f"{google}/_sim/token", data=json.dumps({"account": account}).encode(), headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        access = json.load(answer)["access_token"]
    return build(
        "calendar", "v3", credentials=Credentials(token=access), static_discovery=True,
        client_options={"api_endpoint": f"{google}/calendar/v3/"},
    )
