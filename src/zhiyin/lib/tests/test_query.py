"""Query strings against the catalogue (RELIABILITY A70-A77)."""

from datetime import UTC, date, datetime

import pytest

from zhiyin.lib.clean import PAGING, Field, Kind, Query

RESPONSES = Query(
    {
        "survey": Field(Kind.CODE, required=True, max_length=64),
        "since": Field(Kind.TIME),
        "from": Field(Kind.DATE),
        "open": Field(Kind.BOOL),
        "share": Field(Kind.NUMBER, min=0, max=1),
        "by": Field(Kind.LIST, item=Field(Kind.CODE, max_length=20)),
        **PAGING,
    }
)


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        pytest.param("survey=a&_connector=OR%201=1", "_connector", "query_unknown", id="A70"),
        pytest.param("survey=a&password__startswith=a", "password__startswith", "query_unknown", id="A71"),
        pytest.param("survey=a&order_by=x;drop", "order_by", "query_unknown", id="A72"),
        pytest.param("survey=a&page=-1", "page", "query_unknown", id="A73"),
        pytest.param("survey=a&limit=-1", "limit", "int_range", id="A73-limit"),
        pytest.param("survey=a&limit=9223372036854775808", "limit", "type", id="A74"),
        pytest.param("survey=%00", "survey", "text_nul", id="A75"),
        pytest.param("survey=%ff%fe", "", "query_encoding", id="A75-not-utf8"),
        pytest.param("survey=a&survey=b", "survey", "query_duplicate", id="A76"),
        pytest.param("survey=a&survey=", "survey", "query_duplicate", id="A76-empty"),
        pytest.param("survey=a&limit=1000000000", "limit", "int_range", id="A77"),
        pytest.param("survey=a&limit=0", "limit", "int_range", id="A77-zero"),
        pytest.param("survey=a&limit=１０", "limit", "type", id="wide-digits"),
        pytest.param("survey=a&limit=1e3", "limit", "type", id="exponent"),
        pytest.param("survey=a&cursor=%3Cscript%3E", "cursor", "text_pattern", id="cursor"),
        pytest.param("survey=", "survey", "missing", id="blank"),
        pytest.param("", "survey", "missing", id="nothing"),
        pytest.param("survey=a&open=maybe", "open", "type", id="bool"),
        pytest.param("survey=a&share=1,5", "share", "type", id="number"),
        pytest.param("survey=a&share=2", "share", "number_range", id="number-range"),
        pytest.param("survey=a&since=2026-11-22", "since", "time_no_offset", id="time"),
        pytest.param("survey=a&by=" + "x" * 21, "by", "text_too_long", id="list-entry"),
        pytest.param("survey=" + "x" * 9_000, "", "query_too_long", id="too-long"),
        pytest.param("&".join(f"a{n}=1" for n in range(101)), "", "query_too_many", id="too-many"),
    ],
)
def test_a_bad_query_is_refused(raw: str, field: str, code: str) -> None:
    _, faults = RESPONSES.clean(raw)
    assert (faults[0].field, faults[0].code) == (field, code)


def test_an_unknown_parameter_is_told_the_allowed_ones() -> None:
    _, (found,) = RESPONSES.clean("survey=a&order_by=x")
    assert found.params["allowed"] == "survey, since, from, open, share, by, cursor, limit"
    assert Query({}).clean("a=1")[1][0].sentence("en") == "This call takes no parameters."


def test_values_come_out_typed_with_their_defaults() -> None:
    found, faults = RESPONSES.clean(
        "survey=hotline&since=2026-11-22T10:00:00+08:00&from=2026-11-01&open=false&share=0.5&by=unit&by=day&cursor=aB-_"
    )
    assert not faults
    assert found == {
        "survey": "hotline",
        "since": datetime(2026, 11, 22, 2, 0, tzinfo=UTC),  # with the plus that nobody encoded
        "from": date(2026, 11, 1),
        "open": False,
        "share": 0.5,
        "by": ["unit", "day"],
        "cursor": "aB-_",
        "limit": 100,
    }
    assert RESPONSES.clean("survey=%E7%83%AD%E7%BA%BF&limit=1000")[0]["limit"] == 1_000
