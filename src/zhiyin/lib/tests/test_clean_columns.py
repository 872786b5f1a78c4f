"""A batch is cleaned column by column, and exactly as its records would be cleaned one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.clean import Field, Kind, Record

PERSON = Record({"id": Field(Kind.CODE, required=True, max_length=8), "phone": Field(Kind.PHONE)})
CALL = Record(
    {
        "id": Field(Kind.CODE, required=True, max_length=8, pattern="[a-z0-9 王]+"),
        "note": Field(Kind.TEXT, max_length=6),
        "kind": Field(Kind.CHOICE, choices=("call", "visit"), default="call"),
        "at": Field(Kind.TIME),
        "count": Field(Kind.INT, min=0, max=9),
        "person": Field(Kind.RECORD, record=PERSON),
        "free": Field(Kind.FREE),
    }
)
PLAIN = {
    "id": "a1",
    "note": "王 b",
    "kind": "visit",
    "at": "2026-11-22T10:00:00+08:00",
    "count": 3,
    "person": {"id": "C1", "phone": "13800138000"},
    "free": {"queue": "vip", "complaint": True, "n": 5, "x": None, "share": 0.5},
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=9),
    st.sampled_from(
        ["", " ", "a ", "\0", "\u200b", "call", "2026-02-30T10:00:00Z", "1999-01-01T00:00:00Z", "13800138000"]
    ),
    st.lists(st.none(), max_size=2),
    st.dictionaries(
        st.text(max_size=3), st.one_of(st.text(max_size=3), st.lists(st.integers(), max_size=1)), max_size=2
    ),
)


def test_plain_records_need_no_second_look():
    assert CALL.rows([PLAIN, {"id": "b"}]) == [CALL.clean(PLAIN)[0], CALL.clean({"id": "b"})[0]]


@pytest.mark.parametrize("odd", [None, [], {"id": "a", "unknown": 1}, {}, {"id": ""}, {"id": None}])
def test_what_is_no_plain_record_gets_one(odd):
    assert CALL.rows([PLAIN, odd]) is None


@given(st.sampled_from(sorted(PLAIN)), ODD)
def test_together_is_as_one_by_one_or_not_at_all(name, value):
    batch = [PLAIN, {**PLAIN, name: value}]
    together = CALL.rows(batch)
    cleaned = [CALL.clean(one) for one in batch]
    if together is not None:
        assert together == [clean for clean, _faults in cleaned]
        assert not any(faults for _clean, faults in cleaned)


@given(st.dictionaries(st.text(max_size=70), st.one_of(st.text(max_size=9), st.integers()), max_size=4))
def test_free_objects_too(free):
    together = CALL.rows([PLAIN, {"id": "a", "free": free}])
    clean, faults = CALL.clean({"id": "a", "free": free})
    assert together is None or (together[1] == clean and not faults)
