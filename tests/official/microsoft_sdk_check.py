"""Drives the Microsoft simulator with Microsoft's own Python SDK, which parses whatever it answers into its models.

    python microsoft_sdk_check.py http://127.0.0.1:8789
"""

import sys
import unittest

import httpx

if len(sys.argv) < 2:
    sys.exit("usage: microsoft_sdk_check.py BASE_URL [unittest arguments]")
BASE = sys.argv.pop(1).rstrip("/")

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder

ACCOUNT = "official@northwind.test"


class Token(AccessTokenProvider):
    def __init__(self, token):
        self.token = token

    async def get_authorization_token(self, uri, additional_authentication_context={}):
        return self.token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def control(path, body):
    answer = httpx.post(f"{BASE}/_sim/{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


def client():
    token = control("token", {"account": ACCOUNT})["access_token"]
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Token(token)))
    adapter.base_url = f"{BASE}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def berlin(date_time):
    return DateTimeTimeZone(date_time=date_time, time_zone="W. Europe Standard Time")


def meeting(hour=9, **more):
    start, end = berlin(f"2027-03-02T{hour:02}:00:00"), berlin(f"2027-03-02T{hour:02}:30:00")
    return Event(subject="Visit", start=start, end=end, **more)


def series():
    pattern = RecurrencePattern(type=RecurrencePatternType.Weekly, interval=1, days_of_week=[DayOfWeek.Tuesday])
    range = RecurrenceRange(
        type=RecurrenceRangeType.Numbered, start_date="2027-03-16", number_of_occurrences=4
    )
    return Event(
        subject="Round",
        start=berlin("2027-03-16T10:00:00"),
        end=berlin("2027-03-16T11:00:00"),
        recurrence=PatternedRecurrence(pattern=pattern, range=range),
    )


class Check(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        httpx.delete(f"{BASE}/_sim/faults", timeout=10)
        control("accounts", {"email": ACCOUNT, "zone": "Europe/Berlin"})
        calendar = control("calendars", {"account": ACCOUNT, "name": self.id().split(".")[-1]})
        self.client = client()
        self.calendar = self.client.me.calendars.by_calendar_id(calendar["id"])

    async def refused(self, work, status, code):
        with self.assertRaises(ODataError) as caught:
            await work
        error = caught.exception
        self.assertEqual((error.response_status_code, error.error.code), (status, code))

    async def test_an_event_is_written_read_changed_and_deleted(self):
        body = ItemBody(content_type=BodyType.Html, content="<b>keys</b>")
        made = await self.calendar.events.post(meeting(body=body, show_as=FreeBusyStatus.Oof, transaction_id="sdk"))
        self.assertEqual((made.type, made.show_as), (EventType.SingleInstance, FreeBusyStatus.Oof))
        self.assertEqual(made.start.date_time, "2027-03-02T08:00:00.0000000")
        one = self.client.me.events.by_event_id(made.id)
        stale = RequestConfiguration()
        stale.headers.add("If-Match", made.additional_data["@odata.etag"])
        changed = await one.patch(Event(subject="Late"), request_configuration=stale)
        self.assertEqual(changed.subject, "Late")
        await self.refused(
            one.patch(Event(subject="Later"), request_configuration=stale), 412, "ErrorIrresolvableConflict"
        )
        await one.delete()
        await self.refused(one.get(), 404, "ErrorItemNotFound")

    async def test_a_delta_round_is_followed_by_its_links(self):
        made = await self.calendar.events.post(meeting())
        await self.calendar.events.post(series())
        query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
            start_date_time="2027-03-01T00:00:00Z", end_date_time="2027-05-01T00:00:00Z"
        )
        configuration = RequestConfiguration(query_parameters=query)
        configuration.headers.add("Prefer", "odata.maxpagesize=1")
        builder = self.calendar.calendar_view.delta
        page = await builder.get(request_configuration=configuration)
        shown = list(page.value)
        while page.odata_next_link:
            page = await builder.with_url(page.odata_next_link).get()
            shown.extend(page.value)
        kinds = [event.type for event in shown]
        self.assertEqual(
            kinds, [EventType.SingleInstance, EventType.SeriesMaster] + [EventType.Occurrence] * 4
        )
        await self.client.me.events.by_event_id(made.id).delete()
        page = await builder.with_url(page.odata_delta_link).get()
        self.assertEqual([event.id for event in page.value], [made.id])
        self.assertEqual(page.value[0].additional_data["@removed"], {"reason": "deleted"})

        control("faults", {"name": "cursor_expired", "count": 1})
        await self.refused(builder.with_url(page.odata_delta_link).get(), 410, "SyncStateNotFound")

    async def test_the_recurrence_survives_the_models(self):
        made = await self.calendar.events.post(series())
        self.assertEqual(made.type, EventType.SeriesMaster)
        self.assertEqual(made.recurrence.pattern.type, RecurrencePatternType.Weekly)
        self.assertEqual(made.recurrence.pattern.days_of_week, [DayOfWeek.Tuesday])
        self.assertEqual(made.recurrence.range.number_of_occurrences, 4)
        self.assertEqual(made.recurrence.range.recurrence_time_zone, "W. Europe Standard Time")

    async def test_a_client_that_is_told_to_wait_comes_again(self):
        control("faults", {"name": "rate_limited", "scope": "calendars.list", "count": 1, "retry_after_s": 1})
        listed = await self.client.me.calendars.get()
        self.assertEqual(len([calendar for calendar in listed.value if calendar.is_default_calendar]), 1)
        self.assertEqual((await self.client.me.get()).mail, ACCOUNT)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
