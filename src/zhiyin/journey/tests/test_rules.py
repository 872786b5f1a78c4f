"""What an interaction must look like when it comes in, and when it is the same one again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.journey.rules import AHEAD, Arrival, arrival_of, intake_key, read_arrival
from zhiyin.lib.phones import PhoneKind

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ENDED = "2026-11-22T10:04:31+08:00"
LEAST = {
    "source": "cti",
    "external_id": "call-1",
    "customer": {"external_id": "C1001"},
    "touchpoint": "hotline",
    "ended_at": ENDED,
}
WHOLE: dict[str, Any] = {
    **LEAST,
    "customer": {
        "external_id": "C1001",
        "phone": "13800138000",
        "email": "wang@example.com",
        "name": "王芳",
        "brand": "全球通",
        "segment": "金卡",
    },
    "scenario": "hotline",
    "unit": "SD-05",
    "staff": "A1001",
    "channel": "email",
    "started_at": "2026-11-22T10:00:00+08:00",
    "attributes": {"complaint": True, "moment": "first_word", "deep": {"a": [1, 2]}},
}


def read(item: object) -> Arrival:
    found = read_arrival(item, now=NOW)
    assert isinstance(found, Arrival), found
    return found


def faults(item: object, *, now: datetime = NOW) -> list[tuple[str, str]]:
    found = read_arrival(item, now=now)
    return [(fault.field, fault.code) for fault in found] if isinstance(found, list) else []


class TestReading:
    def test_the_least_that_is_needed(self):
        one = read(LEAST)
        assert (one.source, one.external_id, one.touchpoint) == ("cti", "call-1", "hotline")
        assert (one.scenario, one.unit, one.staff, one.channel) == ("", "", "", "sms")
        assert (one.started_at, one.ended_at) == (None, datetime(2026, 11, 22, 2, 4, 31, tzinfo=UTC))
        assert (one.attributes, one.is_complaint, one.moment, one.phone) == ({}, False, "", None)

    def test_everything_that_can_be_said(self):
        one = read(WHOLE)
        assert (one.scenario, one.unit, one.staff, one.channel) == ("hotline", "SD-05", "A1001", "email")
        assert (one.is_complaint, one.moment) == (True, "first_word")
        assert one.phone is not None
        assert (one.phone.e164, one.phone.kind) == ("+8613800138000", PhoneKind.MOBILE)
        assert one.started_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    @pytest.mark.parametrize("name", ["source", "external_id", "customer", "touchpoint", "ended_at"])
    def test_what_is_needed_is_asked_for_by_name(self, name):
        assert faults({key: value for key, value in LEAST.items() if key != name}) == [(name, "missing")]

    def test_everything_that_is_wrong_is_said_at_once(self):
        wrong = {**LEAST, "source": 5, "customer": {"phone": "138"}, "sore": 1}
        assert {field for field, _ in faults(wrong)} == {"source", "customer.external_id", "customer.phone", "sore"}

    @pytest.mark.parametrize("item", [None, [], "x", 5, True])
    def test_what_is_no_object_is_no_interaction(self, item):
        assert faults(item) == [("", "type")]


class TestTimes:
    @pytest.mark.parametrize(("ahead", "said"), [(timedelta(0), []), (AHEAD, []), (AHEAD + timedelta(seconds=1), 1)])
    def test_a_senders_clock_may_run_five_minutes_before_ours(self, ahead, said):
        found = faults({**LEAST, "ended_at": (NOW + ahead).isoformat()})
        assert found == ([("ended_at", "time_future")] if said else [])

    @pytest.mark.parametrize(
        ("started", "said"),
        [(ENDED, []), ("2026-11-22T10:04:32+08:00", [("ended_at", "time_order")]), ("2026-11-22T02:04:31Z", [])],
    )
    def test_nothing_ends_before_it_starts(self, started, said):
        assert faults({**LEAST, "started_at": started}) == said

    def test_what_happened_long_ago_is_taken_in_and_left_to_the_policy(self):
        assert faults({**LEAST, "ended_at": "2025-10-18T10:00:00+08:00"}) == []


class TestAttributes:
    @pytest.mark.parametrize(("value", "is_complaint"), [(True, True), (False, False), (None, False)])
    def test_a_complaint_is_said_with_true(self, value, is_complaint):
        assert read({**LEAST, "attributes": {"complaint": value}}).is_complaint is is_complaint

    @pytest.mark.parametrize("value", ["true", "yes", 1, [], {}])
    def test_anything_like_true_is_refused_instead_of_overlooked(self, value):
        assert faults({**LEAST, "attributes": {"complaint": value}}) == [("attributes.complaint", "type")]

    @pytest.mark.parametrize(
        ("attributes", "was_disputed"),
        [
            ({"dispute": True, "ticket": True}, True),
            ({"dispute": True}, False),
            ({"ticket": True}, False),
            ({"dispute": True, "ticket": "T-17"}, False),
            ({}, False),
        ],
    )
    def test_a_dispute_that_ended_in_a_ticket_is_said_with_both(self, attributes, was_disputed):
        assert read({**LEAST, "attributes": attributes}).was_disputed is was_disputed

    @pytest.mark.parametrize(
        ("value", "said"), [("a" * 60, ""), (None, ""), ("a" * 61, "text_too_long"), (5, "type"), (["a"], "type")]
    )
    def test_a_moment_is_a_key(self, value, said):
        found = faults({**LEAST, "attributes": {"moment": value}})
        assert found == ([("attributes.moment", said)] if said else [])

    def test_other_attributes_are_the_senders_own_business(self):
        assert read({**LEAST, "attributes": {"Complaint": "yes"}}).attributes == {"Complaint": "yes"}


class TestTheSameAgain:
    @pytest.mark.parametrize(
        "again",
        [
            {**LEAST, "scenario": None, "attributes": {}, "channel": ""},
            dict(reversed(list(LEAST.items()))),
            {**LEAST, "ended_at": "2026-11-22T02:04:31Z"},
            {**LEAST, "customer": {"external_id": "C1001", "phone": None, "email": ""}},
        ],
        ids=["nothing said in other words", "another order", "the same moment elsewhere", "a customer said shorter"],
    )
    def test_a_body_that_says_the_same_is_the_same(self, again):
        assert read(again).body == read(LEAST).body

    def test_a_phone_is_the_same_however_it_is_written(self):
        bodies = {
            read({**LEAST, "customer": {"external_id": "C1001", "phone": phone}}).body
            for phone in ("13800138000", "+86 138-0013-8000", "１３８００１３８０００", "008613800138000")
        }
        assert len(bodies) == 1

    @pytest.mark.parametrize("name", [name for name in WHOLE if name != "customer"])
    def test_a_body_that_says_less_is_another_body(self, name):
        less = {key: value for key, value in WHOLE.items() if key != name}
        if name in LEAST:
            less[name] = "2026-11-22T10:05:00+08:00" if name == "ended_at" else "other"
        assert read(less).body != read(WHOLE).body

    @pytest.mark.parametrize("name", ["phone", "email", "name", "brand", "segment"])
    def test_another_customer_is_another_body(self, name):
        customer = {key: value for key, value in WHOLE["customer"].items() if key != name}
        assert read({**WHOLE, "customer": customer}).body != read(WHOLE).body

    def test_the_same_id_from_two_sources_is_two_interactions(self):
        assert read(LEAST).key == read({**LEAST, "touchpoint": "store"}).key
        assert read(LEAST).key != read({**LEAST, "source": "crm"}).key

    @given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
    def test_no_pair_of_source_and_id_can_pose_as_another(self, source, external_id, other):
        if "\0" not in source + other:
            same = (source, external_id) == (other, external_id)
            keys = {intake_key("interaction", source, external_id), intake_key("interaction", other, external_id)}
            assert (len(keys) == 1) is same

    def test_an_interaction_and_a_response_with_one_id_are_two_things(self):
        assert intake_key("interaction", "cti", "1") != intake_key("response", "cti", "1")


def test_an_import_that_cleaned_the_fields_itself_reads_the_same():
    one = read(LEAST)
    clean = {
        "source": "cti",
        "external_id": "call-1",
        "customer": {"external_id": "C1001", "phone": None, "name": None},
        "touchpoint": "hotline",
        "ended_at": one.ended_at,
        "attributes": {},
    }
    again = arrival_of(clean, now=NOW)
    assert isinstance(again, Arrival)
    assert again.body == one.body
