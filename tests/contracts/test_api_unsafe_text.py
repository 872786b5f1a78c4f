"""A24 to A26 on every call that takes a body: what no store, screen and message all carry is refused with its field.

Which fields there are is read from the records that the calls themselves clean with, so a new field is met here too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from tests.contracts.api_calls import Caller, found, interaction, make_organisation, problem, rows
from zhiyin.cases.cleaning import ACTIONS, CASE
from zhiyin.journey.rules import INTERACTION
from zhiyin.lib.clean import Kind, Record
from zhiyin.reports.customers.openapi import OPT_OUT
from zhiyin.responses.rules.arrivals import RESPONSE

pytestmark = pytest.mark.django_db
# What is sent, and what it is called where the field could otherwise hold it.
UNSAFE = {
    "nul": ("a\0b", "text_nul"),
    "control": ("a\x07b", "text_control"),
    "delete": ("a\x7fb", "text_control"),
    "first-half": ("a\ud83d", "text_surrogate"),
    "second-half": ("\ude00b", "text_surrogate"),
    "halves-the-wrong-way-round": ("\ude00\ud83d", "text_surrogate"),
    "non-character": ("a\uffff", "text_control"),
}
# Of these the text is judged by itself; of the others only what it should have been is told.
TEXTS = frozenset({Kind.TEXT, Kind.LINES, Kind.CODE, Kind.FREE})
SEEN_AS = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Place:
    """One field of what a call takes, as a path from the top of the body."""

    call: str
    body: Mapping[str, Any]
    path: tuple[str, ...]
    kind: Kind

    @property
    def method(self) -> str:
        return "PUT" if self.call.endswith("/opt-out") else "POST"

    def __str__(self) -> str:
        return f"{self.call} {self.body.get('action', '')} {'.'.join(self.path)}"

    def holding(self, value: object) -> dict[str, Any]:
        """The body with this value there, everything else as it should be."""
        whole = dict(self.body)
        inside = whole
        for name in self.path[:-1]:
            inside[name] = dict(inside.get(name) or {})
            inside = inside[name]
        inside[self.path[-1]] = value
        return whole


def answer_given() -> dict[str, Any]:
    return {
        "source": "ivr",
        "external_id": "a-1",
        "survey": "call",
        "answered_at": timezone.now().isoformat(),
        "answers": {"overall": 9},
    }


def fields(record: Record, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Kind]]:
    for name, field in record.fields.items():
        if field.record is not None:
            yield from fields(field.record, (*path, name))
        yield (*path, name), field.kind


CASE_GIVEN = {"customer": "C1", "title": "来电投诉"}
BODIES: list[tuple[str, Mapping[str, Any], Record]] = [
    ("/interactions", interaction(), INTERACTION),
    ("/responses", answer_given(), RESPONSE),
    ("/cases", CASE_GIVEN, CASE),
    ("/customers/{external_id}/opt-out", {}, OPT_OUT),
    *(("/cases/{case}/actions", {"action": verb.value}, record) for verb, record in ACTIONS.items()),
]
PLACES = [Place(call, body, path, kind) for call, body, record in BODIES for path, kind in fields(record)]
RECORDS = [Place(call, body, ("x",), Kind.RECORD) for call, body, _record in BODIES]
FREE = [place for place in PLACES if place.kind is Kind.FREE]


@pytest.fixture
def caller() -> Caller:
    make_organisation()
    return Caller()


@pytest.fixture
def case(caller: Caller) -> str:
    """A customer with a case, so that what is refused is refused for its text alone."""
    caller.post("/interactions", interaction())
    return str(found(caller.post("/cases", CASE_GIVEN))["id"])


def refused(caller: Caller, place: Place, case: str, body: Any) -> Mapping[str, Any]:
    """The problem document; nothing was written."""
    before = rows()
    answer = caller.call(place.method, place.call.format(case=case, external_id="C1"), body)
    told = problem(answer)
    assert answer.status_code == 422, (str(place), told)
    assert rows() == before
    return told


def test_every_call_that_takes_a_body_is_among_them(caller: Caller) -> None:
    paths = found(caller.get("/openapi.json"))["paths"]
    taking = {path.split("/v1")[1] for path, methods in paths.items() if {"post", "put", "patch"} & methods.keys()}
    assert {place.call for place in PLACES} == taking


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_each_field_names_itself(caller: Caller, case: str, unsafe: str) -> None:
    text, code = UNSAFE[unsafe]
    for place in PLACES:
        told = refused(caller, place, case, place.holding({"a": text} if place.kind is Kind.FREE else text))
        name = ".".join(place.path)
        assert name in {error["field"] for error in told["errors"]}, (str(place), told)
        if place.kind in TEXTS:
            assert code in {error["code"] for error in told["errors"] if error["field"] == name}, (str(place), told)


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_deep_inside_attributes_and_in_their_names_too(caller: Caller, case: str, unsafe: str) -> None:
    text, code = UNSAFE[unsafe]
    for place in FREE:
        for value in ({"a": [text]}, {text: 1}, {"a": ["b", text]}):
            told = refused(caller, place, case, place.holding(value))
            assert (told["code"], told["errors"][0]["field"]) == (code, place.path[-1]), (str(place), value)


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_a_field_of_such_a_name_is_unknown_and_shown_so_that_it_can_be_read(
    caller: Caller, case: str, unsafe: str
) -> None:
    text, _code = UNSAFE[unsafe]
    shown = "".join(letter if letter.isprintable() else SEEN_AS for letter in text)
    for place in RECORDS:
        told = refused(caller, place, case, {**place.body, text: 1})
        assert {"unknown_field": shown}.items() <= {error["code"]: error["field"] for error in told["errors"]}.items()


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_in_a_batch_it_costs_only_its_own_item(caller: Caller, unsafe: str) -> None:
    text, code = UNSAFE[unsafe]
    for place in [one for one in FREE if one.path == ("attributes",)]:
        good, bad = {**place.body, "external_id": "good"}, place.holding({"a": text})
        results = found(caller.post(place.call, [bad, good]))["results"]
        assert [one["status"] for one in results] == ["invalid", "created"]
        assert [(error["field"], error["code"]) for error in results[0]["errors"]] == [("attributes", code)]


def test_whole_pairs_line_ends_and_tabs_are_no_fault(caller: Caller) -> None:
    text = "\U0001f600\t一行\n两行"
    taken = found(caller.post("/interactions", interaction(attributes={"note": text})))
    assert found(caller.get(f"/interactions/{taken['interaction']}"))["attributes"] == {"note": text}
