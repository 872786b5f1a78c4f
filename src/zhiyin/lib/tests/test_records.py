"""Records against the catalogue (RELIABILITY A24-A59, A63, A69), with the interaction of CONTRACT section 3."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.clean import Field, FreeLimits, InOrder, Kind, Record, future_fault
from zhiyin.lib.phones import Phone, PhoneKind

CUSTOMER = Record(
    {
        "external_id": Field(Kind.CODE, required=True),
        "phone": Field(Kind.PHONE),
        "email": Field(Kind.EMAIL),
        "name": Field(Kind.TEXT, max_length=100),
    }
)
INTERACTION = Record(
    {
        "source": Field(Kind.CODE, required=True, max_length=64, pattern=r"[a-z][a-z0-9_-]*"),
        "external_id": Field(Kind.CODE, required=True, max_length=255),
        "customer": Field(Kind.RECORD, required=True, record=CUSTOMER),
        "channel": Field(Kind.CHOICE, choices=("sms", "email", "wecom")),
        "started_at": Field(Kind.TIME),
        "ended_at": Field(Kind.TIME, required=True),
        "seconds": Field(Kind.INT, min=0),
        "weight": Field(Kind.NUMBER, min=0, max=1),
        "urgent": Field(Kind.BOOL, default=False),
        "day": Field(Kind.DATE),
        "comment": Field(Kind.LINES, max_length=2_000),
        "tags": Field(Kind.LIST, max_length=3, item=Field(Kind.CODE, max_length=8)),
        "attributes": Field(Kind.FREE, free=FreeLimits(max_depth=3, max_values=20, max_total=200, max_text=100)),
    },
    checks=(InOrder("started_at", "ended_at"),),
)


def _body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "source": "cti",
        "external_id": "call-20261122-000001",
        "customer": {"external_id": "C1001", "phone": "13800138000", "email": None, "name": "王小明"},
        "channel": "sms",
        "started_at": "2026-11-22T10:00:00+08:00",
        "ended_at": "2026-11-22T10:04:31+08:00",
        "attributes": {"complaint": True},
    }
    customer = {**body["customer"], **changes.pop("customer", {})}
    return {**body, "customer": customer, **changes}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _body().items() if key != name}


def test_a_good_interaction_comes_out_typed_and_whole() -> None:
    clean, faults = INTERACTION.clean(_body())
    assert not faults
    assert clean["customer"]["phone"] == Phone(PhoneKind.MOBILE, "+8613800138000", "13800138000")
    assert clean["ended_at"] == datetime(2026, 11, 22, 2, 4, 31, tzinfo=UTC)
    assert (clean["customer"]["email"], clean["seconds"], clean["urgent"]) == (None, None, False)
    assert set(clean) == set(INTERACTION.fields)


@pytest.mark.parametrize(
    ("body", "field", "code", "says"),
    [
        pytest.param(_body(customer={"name": "王\x00明"}), "customer.name", "text_nul", "character 2", id="A24"),
        pytest.param(_body(attributes={"a": {"b": "\x00"}}), "attributes", "text_nul", "NUL", id="A25"),
        pytest.param(_body(attributes={"a\x00": 1}), "attributes", "text_nul", "NUL", id="A25-key"),
        pytest.param(_body(customer={"name": "\ud83d"}), "customer.name", "text_surrogate", "half", id="A26"),
        pytest.param(_body(attributes={"a": ["\ude00"]}), "attributes", "text_surrogate", "half", id="A26-attributes"),
        pytest.param(_body(customer={"name": "王" * 101}), "customer.name", "text_too_long", "101", id="A27"),
        pytest.param(_body(seconds=2**31), "seconds", "int_range", "2147483647", id="A28"),
        pytest.param(_body(attributes={"n": 2**64}), "attributes", "int_range", "from", id="A28-attributes"),
        pytest.param(_body(weight=2**64), "weight", "int_range", "from", id="A28-number"),
        pytest.param(_body(seconds=-1), "seconds", "int_range", "0", id="A29"),
        pytest.param(_body(seconds=5.5), "seconds", "type", "whole number", id="A30"),
        pytest.param(_body(seconds=True), "seconds", "type", "whole number", id="A30-bool"),
        pytest.param(_body(urgent="true"), "urgent", "type", "true or false", id="A31"),
        pytest.param(_body(external_id=1), "external_id", "type", "text", id="A32"),
        pytest.param(_body(channel=1), "channel", "type", "text", id="A32-choice"),
        pytest.param(_body(customer={"phone": 13800138000}), "customer.phone", "type", "text", id="A32-phone"),
        pytest.param(_body(customer={"email": 5}), "customer.email", "type", "text", id="A32-email"),
        pytest.param(_body(source=["cti"]), "source", "type", "text", id="A33"),
        pytest.param(_body(attributes=[]), "attributes", "type", "object", id="A33-object"),
        pytest.param(_body(tags="a"), "tags", "type", "list", id="A33-list"),
        pytest.param(_body(ended_at=["x"]), "ended_at", "type", "time", id="A33-time"),
        pytest.param(_body(day=5), "day", "type", "day", id="A33-day"),
        pytest.param(_body(weight="1"), "weight", "type", "number", id="A33-number"),
        pytest.param(_body(channel="smss"), "channel", "choice", "Did you mean sms?", id="A34"),
        pytest.param(_body(channel="pigeon"), "channel", "choice", "sms, email, wecom", id="A34-far"),
        pytest.param(_body(endd_at=1), "endd_at", "unknown_field", "Did you mean ended_at?", id="A35"),
        pytest.param(_body(customer={"phon": "1"}), "customer.phon", "unknown_field", "phone?", id="A35-nested"),
        pytest.param(_without("source"), "source", "missing", "missing", id="A36"),
        pytest.param(_body(source=None), "source", "missing", "missing", id="A36-null"),
        pytest.param(_body(customer={"name": "   "}), "customer.name", "blank", "read", id="A37"),
        pytest.param(_body(source=""), "source", "blank", "read", id="A37-empty"),
        pytest.param(_body(customer={"name": "\u3000"}), "customer.name", "blank", "read", id="A38"),
        pytest.param(_body(customer={"name": "\u200b\u2060\u3164\ufe0f"}), "customer.name", "blank", "read", id="A39"),
        pytest.param(_body(comment="\u200d\t\n"), "comment", "blank", "read", id="A39-lines"),
        pytest.param(_body(customer={"name": "\x07"}), "customer.name", "text_control", "U+0007", id="A39-control"),
        pytest.param(_body(ended_at="2026-11-22T10:00:00"), "ended_at", "time_no_offset", "offset", id="A40"),
        pytest.param(_body(ended_at="2026-11-22"), "ended_at", "time_no_offset", "offset", id="A40-day"),
        pytest.param(_body(ended_at="2023-02-29T10:00:00Z"), "ended_at", "time_invalid", "does not exist", id="A41"),
        pytest.param(_body(day="2023-02-29"), "day", "time_invalid", "does not exist", id="A41-day"),
        pytest.param(_body(ended_at="2026-11-22T24:00:00Z"), "ended_at", "time_invalid", "does not exist", id="A42"),
        pytest.param(_body(ended_at="2026-11-22T10:00:60Z"), "ended_at", "time_invalid", "does not exist", id="A43"),
        pytest.param(_body(ended_at="9999-12-31T23:00:00-08:00"), "ended_at", "time_year", "2100", id="A44"),
        pytest.param(_body(ended_at="2100-12-31T23:00:00-08:00"), "ended_at", "time_year", "2100", id="A44-edge"),
        pytest.param(_body(ended_at="0001-01-01T00:00:00Z"), "ended_at", "time_year", "2000", id="A45"),
        pytest.param(_body(ended_at="0001-01-01T00:00:00+08:00"), "ended_at", "time_year", "2000", id="A45-overflow"),
        pytest.param(_body(day="1999-12-31"), "day", "time_year", "2000", id="A45-day"),
        pytest.param(_body(ended_at="2026-11-22T09:59:59+08:00"), "ended_at", "time_order", "started_at", id="A46"),
        pytest.param(_body(ended_at=1795312800), "ended_at", "time_invalid", "count of seconds", id="A47"),
        pytest.param(_body(ended_at="1795312800"), "ended_at", "time_invalid", "such as", id="A47-text"),
        pytest.param(_body(ended_at="2026-W47-7T10:00:00Z"), "ended_at", "time_invalid", "such as", id="week-date"),
        pytest.param(_body(ended_at="2026-11-22T10:00:00+15:00"), "ended_at", "time_invalid", "such as", id="offset"),
        pytest.param(_body(day="22.11.2026"), "day", "time_invalid", "such as", id="day-shape"),
        pytest.param(_body(customer={"phone": "1380013800"}), "customer.phone", "phone_length", "10", id="A52"),
        pytest.param(_body(customer={"phone": "138O0138000"}), "customer.phone", "phone_letters", "letters", id="A53"),
        pytest.param(
            _body(customer={"email": "a@b.cn\r\nBcc: c@d.cn"}), "customer.email", "text_control", "U+000D", id="A56"
        ),
        pytest.param(_body(customer={"email": "a@b.cn,c@d.cn"}), "customer.email", "email_invalid", "one", id="A57"),
        pytest.param(_body(customer={"email": "a@b.cn c@d.cn"}), "customer.email", "email_invalid", "one", id="A57-2"),
        pytest.param(_body(customer={"external_id": None}), "customer.external_id", "missing", "missing", id="A59"),
        pytest.param(_without("external_id"), "external_id", "missing", "missing", id="A59-event"),
        pytest.param(_body(external_id="k" * 256), "external_id", "text_too_long", "255", id="A63"),
        pytest.param(_body(tenant_id=1), "tenant_id", "unknown_field", "not a field", id="A69-tenant"),
        pytest.param(_body(is_admin=True), "is_admin", "unknown_field", "not a field", id="A69-admin"),
        pytest.param(_body(score=10), "score", "unknown_field", "not a field", id="A69-score"),
        pytest.param(_body(created_at="x"), "created_at", "unknown_field", "not a field", id="A69-created"),
        pytest.param(_body(external_id=" x"), "external_id", "text_padded", "space", id="padded"),
        pytest.param(_body(source="CTI"), "source", "text_pattern", "[a-z]", id="pattern"),
        pytest.param(_body(weight=1.5), "weight", "number_range", "0 to 1", id="number-range"),
        pytest.param(_body(weight=float("inf")), "weight", "type", "number", id="infinity"),
        pytest.param(_body(tags=["a", "b", "c", "d"]), "tags", "list_too_long", "4", id="list-long"),
        pytest.param(_body(tags=["a", 5]), "tags[1]", "type", "text", id="list-entry"),
        pytest.param(_body(customer={"name": "\ufffe"}), "customer.name", "text_control", "U+FFFE", id="non-character"),
        pytest.param(_body(customer={"name": "王\n明"}), "customer.name", "text_control", "U+000A", id="two-lines"),
        pytest.param(_body(attributes={"a": {"b": {"c": {}}}}), "attributes", "object_too_big", "3 levels", id="deep"),
        pytest.param(_body(attributes={"a": [1] * 21}), "attributes", "object_too_big", "20 values", id="values"),
        pytest.param(_body(attributes={"a": "x" * 101}), "attributes", "text_too_long", "100", id="long-text"),
        pytest.param(
            _body(attributes=dict.fromkeys("ab", "x" * 99) | {"c": "xyz"}),
            "attributes",
            "object_too_big",
            "200 c",
            id="total",
        ),
        pytest.param(_body(attributes={"x" * 65: 1}), "attributes", "object_name_too_long", "64", id="long-name"),
    ],
)
def test_a_bad_field_is_named_with_its_rule(body: dict[str, Any], field: str, code: str, says: str) -> None:
    _, faults = INTERACTION.clean(body)
    assert [(one.field, one.code) for one in faults] == [(field, code)]
    assert says in faults[0].sentence("en")
    assert field in faults[0].sentence("zh-hans")


@pytest.mark.parametrize(
    ("changes", "pick", "expected"),
    [
        pytest.param({"customer": {"name": "𠀀𮯰 \u202eabc"}}, "name", "𠀀𮯰 \u202eabc", id="rare-characters-kept"),
        pytest.param({"customer": {"name": "e\u0301"}}, "name", "e\u0301", id="not-normalised"),
        pytest.param({"customer": {"name": " 王 "}}, "name", " 王 ", id="name-kept-exactly"),
        pytest.param({"customer": {"name": ""}}, "name", None, id="empty-is-not-given"),
        pytest.param({"customer": {"email": "Wang@Example.COM"}}, "email", "Wang@example.com", id="email-domain"),
        pytest.param({"customer": {"email": "a@аpple.com"}}, "email", "a@xn--pple-43d.com", id="A58"),
        pytest.param({"comment": "一\r\n二\t三"}, "comment", "一\r\n二\t三", id="lines"),
        pytest.param({"seconds": 0}, "seconds", 0, id="zero-is-given"),
        pytest.param({"urgent": False}, "urgent", False, id="false-is-given"),
        pytest.param({"weight": 1}, "weight", 1, id="int-is-a-number"),
        pytest.param({"day": "2024-02-29"}, "day", date(2024, 2, 29), id="leap-day"),
        pytest.param({"tags": ["a", "b"]}, "tags", ["a", "b"], id="list"),
        pytest.param(
            {"attributes": {"a": [1, 2.5, None, {"b": "\t"}]}},
            "attributes",
            {"a": [1, 2.5, None, {"b": "\t"}]},
            id="free",
        ),
    ],
)
def test_what_is_allowed_comes_through_exactly(changes: dict[str, Any], pick: str, expected: object) -> None:
    clean, faults = INTERACTION.clean(_body(**changes))
    assert not faults
    assert clean.get(pick, clean["customer"].get(pick)) == expected


@pytest.mark.parametrize(
    "local",
    ["a b@c.cn", "@c.cn", "a@", "a@b", "a..b@c.cn", "a@-b.cn", "a@b..cn", "x" * 65 + "@c.cn", "a@\u3002.cn", "名@b.cn"],
)
def test_no_email_but_one_plain_address(local: str) -> None:
    _, faults = INTERACTION.clean(_body(customer={"email": local}))
    assert [one.code for one in faults] == ["email_invalid"]


def test_an_endless_email_is_told_the_limit() -> None:
    _, faults = INTERACTION.clean(_body(customer={"email": "a@" + "b" * 300 + ".cn"}))
    assert faults[0].params["limit"] == 254


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22T10:04:31+08:00",
        "2026-11-22T02:04:31Z",
        "2026-11-22 10:04:31+0800",
        "2026-11-21T23:04:31-03:00",
        "2026-11-22T10:04:31.000000999+08:00",
    ],
)
def test_one_moment_however_it_is_written(written: str) -> None:
    clean, faults = INTERACTION.clean(_body(ended_at=written))
    assert (clean["ended_at"], faults) == (datetime(2026, 11, 22, 2, 4, 31, tzinfo=UTC), [])


def test_two_hours_ahead_is_the_future_and_a_slow_clock_is_not() -> None:  # A48
    now = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    late = future_fault(now + timedelta(hours=2), field="ended_at", now=now)
    assert late is not None
    assert (late.code, late.field) == ("time_future", "ended_at")
    assert future_fault(now + timedelta(minutes=10), field="ended_at", now=now) is None


def test_every_fault_is_found_at_once_and_a_flood_is_cut() -> None:
    _, faults = INTERACTION.clean({"source": 1, "customer": {}, "ended_at": "x"})
    assert [one.field for one in faults] == ["source", "external_id", "customer.external_id", "ended_at"]
    _, flood = INTERACTION.clean(_body(**{f"f{number}": 1 for number in range(10_000)}))
    assert len(flood) == 10


def test_what_is_no_object_is_refused_at_its_place() -> None:
    assert INTERACTION.clean([])[1][0].field == ""
    assert INTERACTION.clean([], at="[3]")[1][0].sentence("en") == "[3] must be an object."
    assert INTERACTION.clean(_body(source=1), at="[3]")[1][0].field == "[3].source"


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Field(Kind.CHOICE),
        lambda: Field(Kind.TEXT, choices=("a",)),
        lambda: Field(Kind.RECORD),
        lambda: Field(Kind.LIST),
        lambda: Field(Kind.TEXT, item=Field(Kind.TEXT)),
    ],
)
def test_a_field_that_makes_no_sense_fails_when_it_is_written(broken: Callable[[], Field]) -> None:
    with pytest.raises(ValueError, match="belong"):
        broken()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*INTERACTION.fields, *CUSTOMER.fields]), inner)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from([*INTERACTION.fields, "x"]), _json))
def test_whatever_comes_the_answer_is_values_or_faults(body: dict[str, Any]) -> None:
    clean, faults = INTERACTION.clean(body)
    assert faults or set(clean) == set(INTERACTION.fields)
    for one in faults:
        assert one.sentence("en")
        assert one.sentence("zh-hans")
        json.dumps(dict(one.params))
