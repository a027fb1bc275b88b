"""Holds Microsoft's recurrence patterns, the rules that the product makes of them, and the patterns that it makes of
those rules to the same dates. The patterns are expanded by dateutil from what Microsoft documents of each field, the
rules by dateutil and by the product's own library.

    python pattern_check.py [SEED]
"""

import datetime
import json
import pathlib
import random
import subprocess
import sys
import unittest

from dateutil import rrule

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 1
CASES = 2_000
# As many days as the product's side looks at.
SPAN = datetime.timedelta(days=3_000)
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
INDEX = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


def weekdays(pattern):
    return [DAYS.index(day) for day in pattern["daysOfWeek"]]


def month_day(day):
    """A day that a month lacks is its last one."""
    return {"bymonthday": list(range(min(day, 28), day + 1)), "bysetpos": -1}


def fields(pattern):
    """The pattern in the words of dateutil."""
    month = {"bymonth": pattern.get("month")}
    place = lambda: {"byweekday": weekdays(pattern), "bysetpos": INDEX[pattern["index"]]}
    match pattern["type"]:
        case "daily":
            return rrule.DAILY, {}
        case "weekly":
            first = DAYS.index(pattern.get("firstDayOfWeek", "sunday"))
            return rrule.WEEKLY, {"byweekday": weekdays(pattern), "wkst": first}
        case "absoluteMonthly":
            return rrule.MONTHLY, month_day(pattern["dayOfMonth"])
        case "relativeMonthly":
            return rrule.MONTHLY, place()
        case "absoluteYearly":
            return rrule.YEARLY, month | month_day(pattern["dayOfMonth"])
        case "relativeYearly":
            return rrule.YEARLY, month | place()


def dates_of(recurrence, start):
    frequency, words = fields(recurrence["pattern"])
    given = recurrence["range"]
    if given["type"] == "numbered":
        words["count"] = given["numberOfOccurrences"]
    until = start + SPAN - datetime.timedelta(days=1)
    if given["type"] == "endDate":
        until = min(until, datetime.datetime.fromisoformat(given["endDate"]))
    found = rrule.rrule(frequency, dtstart=start, interval=recurrence["pattern"]["interval"], **words)
    return [f"{day:%Y-%m-%d}" for day in found.between(start, until, inc=True)]


def pattern(chance):
    kind = chance.choice(
        ["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]
    )
    made = {"type": kind, "interval": chance.randint(1, 4)}
    if kind == "weekly":
        made["firstDayOfWeek"] = chance.choice(DAYS)
    if kind in ("weekly", "relativeMonthly", "relativeYearly"):
        made["daysOfWeek"] = chance.sample(DAYS, chance.randint(1, 7))
    if kind in ("relativeMonthly", "relativeYearly"):
        made["index"] = chance.choice(list(INDEX))
    if kind in ("absoluteYearly", "relativeYearly"):
        made["month"] = chance.randint(1, 12)
    if kind in ("absoluteMonthly", "absoluteYearly"):
        made["dayOfMonth"] = chance.randint(1, 31)
    return made


def recurrence(chance):
    """A pattern from a day on that is one of its own, as Outlook writes it."""
    made = pattern(chance)
    anywhere = datetime.datetime(2025, 1, 1) + datetime.timedelta(days=chance.randint(0, 1_500))
    frequency, words = fields(made)
    start = rrule.rrule(frequency, dtstart=anywhere, **words)[0]
    given = {"type": "noEnd", "startDate": f"{start:%Y-%m-%d}", "recurrenceTimeZone": "UTC"}
    match chance.randint(0, 2):
        case 1:
            given |= {"type": "numbered", "numberOfOccurrences": chance.randint(1, 29)}
        case 2:
            end = start + datetime.timedelta(days=chance.randint(0, 2_500))
            given |= {"type": "endDate", "endDate": f"{end:%Y-%m-%d}"}
    return {"pattern": made, "range": given}, start


class Patterns(unittest.TestCase):
    def test_patterns_and_rules_say_the_same_dates(self):
        chance = random.Random(SEED)
        cases = [recurrence(chance) for _ in range(CASES)]
        lines = "".join(json.dumps(case) + "\n" for case, _ in cases)
        program = ROOT / "target" / "debug" / "patterns"
        ran = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in ran.stdout.splitlines()]
        self.assertEqual(len(answers), CASES)
        for (case, start), answer in zip(cases, answers):
            with self.subTest(seed=SEED, case=case, rule=answer["rule"]):
                wanted = dates_of(case, start)
                self.assertEqual(answer["dates"], wanted, "the product's library")
                read = rrule.rrulestr(answer["rule"], dtstart=start)
                read = read.between(start, start + SPAN - datetime.timedelta(days=1), inc=True)
                self.assertEqual([f"{day:%Y-%m-%d}" for day in read], wanted, "dateutil")
                self.assertEqual(dates_of(answer["back"], start), wanted, "the pattern of the rule")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SEED = int(sys.argv.pop(1))
    unittest.main()
