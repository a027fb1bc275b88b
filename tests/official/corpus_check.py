"""Accounts for every event of a real corpus: the .ics files that the icalendar package ships in its source
distribution, written by other people's software. Each event is loaded into the simulated calendar by Google's own
client; each must then be a schedule entry with the same words and times, or be refused with a reason by name.

    python corpus_check.py            # starts the local run on free ports, in a directory of its own
"""

import collections
import datetime
import pathlib
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest
import urllib.parse
import warnings
import zoneinfo

import icalendar
from googleapiclient.errors import HttpError

from product import Product, calendar_client

# The package says that it guesses what a vendor meant by a zone; what it guesses is what is loaded.
warnings.simplefilter("ignore")

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEMBER = "mia@northwind.test"
ICALENDAR = "icalendar==7.3.0"


def corpus(directory):
    """The .ics files of the source distribution, by name."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "icalendar",
         "--dest", directory, ICALENDAR],
        check=True,
    )
    (archive,) = pathlib.Path(directory).glob("icalendar-*.tar.gz")
    with tarfile.open(archive) as source:
        for member in sorted(source.getmembers(), key=lambda member: member.name):
            if member.isfile() and member.name.endswith(".ics"):
                yield member.name.split("/", 1)[1], source.extractfile(member).read()


class NotLoadable(Exception):
    """Why an event cannot even be offered to Google."""


def moment(value, is_series):
    if isinstance(value, datetime.datetime):
        zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)
        if value.tzinfo is None:
            return {"dateTime": value.isoformat(timespec="seconds"), "timeZone": "Europe/Berlin"}
        if value.utcoffset() is None:
            raise NotLoadable("time zone without an offset")
        text = value.isoformat(timespec="seconds")
        if zone:
            return {"dateTime": text, "timeZone": zone}
        if is_series and value.utcoffset():
            raise NotLoadable("series in a zone without an IANA name")
        return {"dateTime": text, "timeZone": "UTC"} if is_series else {"dateTime": text}
    if isinstance(value, datetime.date):
        return {"date": value.isoformat()}
    raise NotLoadable(f"start or end is a {type(value).__name__}")


def lines_of(event, name):
    found = event.get(name)
    if found is None:
        return []
    found = found if isinstance(found, list) else [found]
    lines = []
    for one in found:
        zone = "".join(f";{key}={one.params[key]}" for key in ("TZID", "VALUE") if key in getattr(one, "params", {}))
        lines.append(f"{name}{zone if name != 'RRULE' else ''}:{one.to_ical().decode()}")
    return lines


def single(event, name):
    """A property's value; some files state one twice, of which the first counts."""
    value = event.get(name)
    return value[0] if isinstance(value, list) else value


def as_google(event, number):
    start = single(event, "DTSTART")
    if start is None:
        raise NotLoadable("no start")
    start = getattr(start, "dt", None)
    end, duration = single(event, "DTEND"), single(event, "DURATION")
    try:
        if end is not None:
            end = end.dt
        elif duration is not None:
            end = start + duration.dt
        else:
            end = start + datetime.timedelta(days=0 if isinstance(start, datetime.datetime) else 1)
    except (AttributeError, TypeError) as error:
        raise NotLoadable("end cannot be read") from error
    recurrence = [line for name in ("RRULE", "RDATE", "EXDATE") for line in lines_of(event, name)]
    private = str(single(event, "CLASS") or "").upper() in ("PRIVATE", "CONFIDENTIAL")
    body = {
        "summary": f"{single(event, 'SUMMARY') or ''} [{number}]",
        "start": moment(start, bool(recurrence)),
        "end": moment(end, bool(recurrence)),
        "recurrence": recurrence or None,
        "visibility": "private" if private else None,
    }
    for name, field in (("DESCRIPTION", "description"), ("LOCATION", "location")):
        if single(event, name):
            body[field] = str(single(event, name))
    return {key: value for key, value in body.items() if value is not None}


def entries_of(product):
    """Every entry, by its number in the corpus."""
    found = {}
    for year in range(1968, 2042):
        query = {"from": f"{year}-01-01T00:00:00Z", "to": f"{year + 1}-01-02T00:00:00Z"}
        while query:
            page = product.call("GET", f"/api/v1/schedule/entries?{urllib.parse.urlencode(query)}")
            for entry in page["items"]:
                found[int(re.search(r"\[(\d+)\]$", entry["title"]).group(1))] = entry
            query = page["next_cursor"] and {**query, "cursor": page["next_cursor"]}
    return found


class Corpus(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        binary = ROOT / "target" / "debug" / "local"
        cls.process = subprocess.Popen(
            [binary, "--fresh", "--data", f"{cls.directory.name}/data", "--port", "18787"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        cls.addClassCleanup(cls.stop)
        ready = dict(pair.split("=", 1) for pair in cls.process.stdout.readline().split()[1:])
        cls.product = Product(ready["product"])
        cls.google = ready["google"].rstrip("/")
        cls.product.sign_in(MEMBER, "kalends-demo")
        cls.connection = cls.product.connect(MEMBER)
        cls.product.choose_primary_calendar(cls.connection)
        cls.settle()

    @classmethod
    def stop(cls):
        cls.process.send_signal(signal.SIGTERM)
        cls.process.wait(timeout=20)
        cls.process.stdout.close()

    @classmethod
    def settle(cls):
        return cls.product.call("POST", "/_world/settle", {})

    def test_every_event_of_the_corpus_is_synced_or_refused_by_name(self):
        events, number = calendar_client(self.google, MEMBER).events(), 0
        unread, loaded, refused_by_google = collections.Counter(), {}, collections.Counter()
        series, files = {}, 0
        for name, content in corpus(self.directory.name):
            files += 1
            try:
                found = [event for calendar in icalendar.Calendar.from_ical(content, multiple=True) for event in calendar.walk("VEVENT")]
            except ValueError as error:
                unread[f"file cannot be read: {type(error).__name__}"] += 1
                continue
            # Masters first: an override needs its series.
            for event in sorted(found, key=lambda event: "RECURRENCE-ID" in event):
                number += 1
                try:
                    body = as_google(event, number)
                    uid = (name, str(event.get("UID")))
                    if "RECURRENCE-ID" in event:
                        loaded[number] = self.override(events, series, uid, event, body)
                        continue
                    loaded[number] = events.insert(calendarId="primary", body=body, sendUpdates="none").execute()
                    if "recurrence" in body:
                        series[uid] = loaded[number]["id"]
                except NotLoadable as why:
                    unread[str(why)] += 1
                except icalendar.error.BrokenCalendarProperty:
                    unread["a property is broken"] += 1
                except HttpError as error:
                    refused_by_google[f"{error.resp.status} {error.reason}"] += 1
        self.settle()
        entries = entries_of(self.product)
        items = self.product.call("GET", f"/api/v1/connections/{self.connection}/items")["items"]
        refused = {item["external_id"]: item["reason"] for item in items}
        missing = [
            event["summary"] for number, event in loaded.items()
            if number not in entries and event["id"] not in refused
        ]
        reasons = collections.Counter(refused[event["id"]] for event in loaded.values() if event["id"] in refused)
        print(f"\n{files} files, {number} events: {len(loaded)} loaded, {len(entries)} synced")
        for title, counts in (("not loadable", unread), ("refused by Google", refused_by_google), ("refused with a reason", reasons)):
            for reason, count in sorted(counts.items()):
                print(f"  {title}: {reason}: {count}")
        self.assertGreaterEqual(files, 150)
        self.assertEqual(missing, [], "silently missing")
        self.assertEqual(number, len(loaded) + sum(refused_by_google.values()) + sum(
            count for reason, count in unread.items() if not reason.startswith("file cannot")))
        self.assertEqual(
            [self.difference(loaded[number], entry) for number, entry in entries.items() if self.difference(loaded[number], entry)], []
        )
        runs = self.product.call("GET", f"/api/v1/connections/{self.connection}/runs")["items"]
        self.assertEqual([run for run in runs if run["outcome"] == "failed"], [])

    def override(self, events, series, uid, event, body):
        if uid not in series:
            raise NotLoadable("override without its series")
        body.pop("recurrence", None)
        original = event["RECURRENCE-ID"].dt
        original = original.isoformat() if isinstance(original, datetime.datetime) and original.tzinfo else None
        if original is None:
            raise NotLoadable("override of a floating or all-day occurrence")
        found = events.instances(calendarId="primary", eventId=series[uid], originalStart=original).execute()["items"]
        if not found:
            raise NotLoadable("override of an occurrence that the series does not have")
        return events.patch(calendarId="primary", eventId=found[0]["id"], body=body, sendUpdates="none").execute()

    def difference(self, event, entry):
        """What an entry has otherwise than the event that it came from, if anything."""
        theirs, ours = event.get("summary"), entry["title"]
        if theirs != ours:
            return f"{theirs!r} became {ours!r}"
        for end in ("start", "end"):
            if "date" in event[end]:
                if entry[end] != {"date": event[end]["date"]}:
                    return f"{ours}: {event[end]} became {entry[end]}"
            elif "local" not in entry[end]:
                return f"{ours}: {event[end]} became {entry[end]}"
            else:
                local = datetime.datetime.fromisoformat(event[end]["dateTime"]).astimezone(
                    zoneinfo.ZoneInfo(entry[end]["zone"])
                )
                if local.strftime("%Y-%m-%dT%H:%M:%S") != entry[end]["local"]:
                    return f"{ours}: {event[end]} became {entry[end]}"
        if bool(event.get("recurrence")) != bool(entry.get("recurrence")):
            return f"{ours}: the recurrence was lost"
        if (event.get("location") or "") != (entry.get("location") or ""):
            return f"{ours}: the location was changed"
        return None


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
