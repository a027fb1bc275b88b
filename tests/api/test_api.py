"""The product does what the document of its API says: requests are made from it, right and wrong ones, and every answer is
held to it. Once as an administrator whose organisation has something of everything, and once as nobody."""

import datetime
import json
import re
import zlib
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from stage import NOWHERE

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "shared/ui/assets/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    negative_data_rejection,
]
LINES = [["RRULE:FREQ=WEEKLY;COUNT=6"], ["RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270302T090000Z"], [], None]
QUICK = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# Formats of ours: without values that there are, no request would get past them.
schemathesis.openapi.format("iana-time-zone", st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
times = st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2030, 1, 1))
schemathesis.openapi.format("partial-date-time", times.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S")))


def loaded(**changes):
    config = SchemathesisConfig.from_path(HERE / "schemathesis.toml")
    for name, value in changes.items():
        setattr(config.projects.default.generation, name, value)
    schema = schemathesis.openapi.from_path(DOCUMENT, config=config)
    return schema


ours, nobodys = loaded(), loaded(max_examples=3)


def test_the_document_is_openapi():
    validate(json.loads(DOCUMENT.read_text()))


@ours.parametrize()
@settings(suppress_health_check=QUICK, deadline=None)
def test_every_answer_to_a_member_is_described(case, stage):
    sender = sender_of(case, stage)
    method, path = case.operation.method.upper(), case.operation.path
    if case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
        places = stage.places(path, method)
        case.path_parameters.update({name: places[name] for name in case.path_parameters})
    fill(case, stage)
    answer = case.call(base_url=stage.base, headers=session(sender, case))
    stage.was_answered(path, method, answer.status_code)
    case.validate_response(answer, checks=CHECKS)


@nobodys.parametrize()
@settings(suppress_health_check=QUICK, deadline=None)
def test_every_answer_to_nobody_is_described(case, stage):
    case.call_and_validate(base_url=stage.base, checks=CHECKS)


def sender_of(case, stage):
    """Whoever ends something has it for themselves."""
    operation = case.operation.definition.raw["operationId"]
    if operation == "disconnect":
        stage.kept("connection", stage.another_connection)
        return stage.bob
    if operation in ("deleteOrganization", "logOut", "refresh"):
        return stage.kept(operation, stage.founder)
    return stage.ada


def session(sender, case):
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in sender.cookies)
    return {"Cookie": cookies, "X-CSRF-Token": sender.csrf}


def fill(case, stage):
    """What a schema cannot say, most of the time: which member there is, that an end is after its start."""
    drawn = zlib.crc32(repr((case.body, case.query, case.headers)).encode())
    wrong = {place for place in ParameterLocation if case.meta.is_negative_at(place)}
    # A version that is refused would hide what is to be found behind it; what is no version is to be refused.
    is_version = re.fullmatch(r'"\d+"', case.headers.get("If-Match", ""))
    if is_version and (ParameterLocation.BODY in wrong or drawn % 4):
        case.headers.pop("If-Match", None)
    if drawn % 4 == 0:
        return
    if case.query and ParameterLocation.QUERY not in wrong:
        fill_query(case.query)
    if isinstance(case.body, dict) and ParameterLocation.BODY not in wrong:
        fill_body(case.operation.definition.raw["operationId"], case.body, stage, drawn)


def fill_query(query):
    if "from" in query and "to" in query:
        query.update({"from": "2027-03-01T00:00:00Z", "to": "2027-06-01T00:00:00Z"})
        query.pop("cursor", None)
        query.pop("assignee", None)


def fill_body(operation, body, stage, drawn):
    if "assignees" in body:
        body["assignees"] = [stage.member]
    if "recurrence" in body:
        body["recurrence"] = LINES[drawn % len(LINES)]
    if body.get("overrides"):
        body["overrides"] = None
    start = body.get("start")
    if isinstance(start, dict) and "end" in body:
        body["end"] = dict(start) if "local" in start else {"date": "2199-12-31"}
    if "calendars" in body:
        body["calendars"] = [{**one, "id": stage.calendar, "receives_new": False} for one in body["calendars"][:1]]
    if operation == "resolveConflict":
        version = stage.ada.call("GET", f"/api/v1/conflicts/{stage.conflict}")["version"]
        body.clear()
        body.update(version=version, keep=["local", "external"][drawn % 2])
    if operation == "deleteOrganization":
        sender = stage.kept(operation, stage.founder)
        body["name"] = sender.call("GET", "/api/v1/organization")["name"]
    if operation in ("createWebhook", "changeWebhook") and "url" in body:
        body["url"] = NOWHERE
    if operation == "logIn":
        body.update(email="mia@northwind.test", password="kalends-demo")
    if operation == "signUp":
        body["email"] = f"somebody{next(stage.numbers)}@fabrikam.test"
