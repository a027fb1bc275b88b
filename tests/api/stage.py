"""Something of everything that the API is asked for, so that requests reach what they are about."""

import itertools
import json
import urllib.request

from product import Product, calendar_client

ADA = "ada@northwind.test"
PASSWORD = "kalends-demo"
HELD = 25
LONG = "x" * 1_025
# Nobody listens there.
NOWHERE = "http://127.0.0.1:9/"


def visit(title, day=1, **more):
    at = lambda hour: {"local": f"2027-03-{day:02}T{hour}:00:00", "zone": "Europe/Berlin"}
    return {"title": title, "start": at(10), "end": at(11), **more}


def event(title, day=1):
    at = lambda hour: {"dateTime": f"2027-03-{day:02}T{hour}:00:00+01:00", "timeZone": "Europe/Berlin"}
    return {"summary": title, "start": at(10), "end": at(11)}


class Stage:
    def __init__(self, base, google):
        self.base, self.google = base, google
        self.ada = self.signed_in()
        self.numbers = itertools.count(1)
        self.member = self.ada.call("GET", "/api/users/auth/profile/")["id"]
        self.connection = self.ada.connect(ADA)
        self.ada.choose_primary_calendar(self.connection)
        self.calendar = next(
            one["id"] for one in self.ada.call("GET", self.of_connection("/calendars"))["calendars"] if one["primary"]
        )
        self.settle()
        self.events = calendar_client(google, ADA).events()
        self.item = self.long_title()
        self.conflict = self.fall_apart()
        self.hold = self.empty_the_calendar()
        self.run = self.ada.call("GET", self.of_connection("/runs"))["items"][0]["id"]
        self.used = {}

    def of_connection(self, rest):
        return f"/api/v1/connections/{self.connection}{rest}"

    def signed_in(self):
        program = Product(self.base)
        program.sign_in(ADA, PASSWORD)
        return program

    def founder(self):
        """Administers an organisation that nobody else needs."""
        program, number = Product(self.base), next(self.numbers)
        program.sign_up(f"Fabrikam {number}", "Eve Ebner", f"eve{number}@fabrikam.test", "long enough it is")
        return program

    def settle(self):
        request = urllib.request.Request(self.base + "/_world/settle", method="POST")
        with urllib.request.urlopen(request, timeout=120) as answer:
            json.load(answer)

    def long_title(self):
        """An event that cannot be held."""
        self.events.insert(calendarId="primary", body=event(LONG, 2)).execute()
        self.sync()
        return self.ada.call("GET", self.of_connection("/items"))["items"][0]["id"]

    def sync(self):
        self.ada.call("POST", self.of_connection("/sync"), {})
        self.settle()

    def fall_apart(self):
        """An entry that both sides changed."""
        entry = self.ada.call("POST", "/api/v1/schedule/entries", visit("pump", 3))
        self.settle()
        found = self.events.list(calendarId="primary", q="pump").execute()["items"][0]["id"]
        self.events.patch(calendarId="primary", eventId=found, body={"summary": "theirs"}).execute()
        self.ada.call("PATCH", f"/api/v1/schedule/entries/{entry['id']}", {"title": "ours"})
        self.settle()
        return self.ada.call("GET", "/api/v1/conflicts")["items"][0]["id"]

    def empty_the_calendar(self):
        """So many deletions at once are held."""
        add = lambda number: self.events.insert(calendarId="primary", body=event(f"held {number}", 4)).execute()["id"]
        added = [add(number) for number in range(HELD)]
        self.sync()
        for one in added:
            self.events.delete(calendarId="primary", eventId=one).execute()
        self.sync()
        return self.ada.call("GET", self.of_connection("/holds"))["items"][0]["id"]

    # ---- What the places of an address stand for ----

    def places(self, path, method):
        """A value for each place; what a request would use up is made anew once it was."""
        if "/schedule/deleted/" in path:
            return {"id": self.kept("deleted", self.deleted)}
        if "/schedule/entries/" in path:
            entry = self.kept("entry", self.series)
            return {"id": entry["id"], "original": "20270308T090000Z", "connection": self.connection}
        if "/conflicts/" in path:
            return {"id": self.conflict}
        if "/webhooks/" in path:
            webhook, delivery = self.kept("webhook", self.webhook)
            return {"id": webhook, "delivery": delivery}
        if "/integrations/" in path:
            return {
                "integration": "edi", "connection": self.connection, "item": self.item,
                "id": self.kept("event", self.event),
            }
        if method == "DELETE":
            return {"id": self.kept("connection", self.another_connection)}
        return {"id": self.connection, "run": self.run, "hold": self.hold, "item": self.item}

    def kept(self, name, make):
        if name not in self.used:
            self.used[name] = make()
        return self.used[name]

    def was_answered(self, path, method, status):
        """Forgets what there is no more."""
        if status >= 300 or method == "GET":
            return
        if "/schedule/deleted/" in path:
            self.used.pop("deleted", None)
        elif "/schedule/entries/" in path:
            self.used.pop("entry", None)
        elif "/webhooks/" in path and method == "DELETE":
            self.used.pop("webhook", None)

    def event(self):
        return self.ada.call("GET", "/api/integrations/logs")["items"][0]["id"]

    def webhook(self):
        """With something that it was told."""
        made = self.ada.call("POST", "/api/v1/webhooks", {"url": NOWHERE, "events": ["sync.failed"]})["id"]
        return made, self.ada.call("POST", f"/api/v1/webhooks/{made}/test", {})["id"]

    def series(self):
        entry = visit(f"series {next(self.numbers)}", recurrence=["RRULE:FREQ=WEEKLY;COUNT=6"])
        return self.ada.call("POST", "/api/v1/schedule/entries", entry)

    def deleted(self):
        entry = self.series()["id"]
        self.ada.call("DELETE", f"/api/v1/schedule/entries/{entry}")
        return entry

    def another_connection(self):
        """Of a member of its own: what is disconnected stays so."""
        bob = Product(self.base)
        bob.sign_in("bob@contoso.test", PASSWORD)
        self.bob = bob
        return bob.connect("bob@contoso.test")
