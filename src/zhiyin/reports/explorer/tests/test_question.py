"""The address is the whole state: read, spelled in one way, and never a reason to fall over."""

from collections.abc import Sequence
from urllib.parse import parse_qs

import pytest

from zhiyin.reports.explorer.question import Asking, Offered, Wrong, asking_of

OFFERED = Offered(
    cuts={"top_box": ("touchpoint", "day", "score", "unit"), "sent": ("touchpoint", "day", "unit")},
    dimensions={"touchpoint", "day", "score", "unit", "reason"},
)


class Given(dict[str, list[str]]):
    def getlist(self, key: str) -> Sequence[str]:
        return self.get(key, [])


def read(query: str) -> Asking:
    return asking_of(Given(parse_qs(query, keep_blank_values=True)), OFFERED)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", Asking()),
        ("measure=sent&rows=touchpoint&columns=day", Asking(measure="sent", rows="touchpoint", columns="day")),
        ("columns=day", Asking(rows="day")),  # one dimension stands in the rows
        ("rows=day&columns=day", Asking(rows="day")),
        ("touchpoint=b&touchpoint=a&touchpoint=b&unit=", Asking(where=(("touchpoint", "a"), ("touchpoint", "b")))),
        ("touchpoint=~~", Asking(where=(("touchpoint", ""),))),
        ("from=2026-11-01&to=2026-11-20&period=7d", Asking(period="2026-11-01..2026-11-20")),
        ("compare=year&chart=bars&sort=-n", Asking(compare="year", chart="bars", sort="-n")),
        ("something=else&page=3&utm=1", Asking()),
    ],
)
def test_an_address_is_read(query, expected):
    assert read(query) == expected
    assert read(query).wrong == ()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("rows=nothing", ("rows", "nothing")),
        ("measure=sent&rows=score", ("rows", "score")),
        ("measure=sent&score=3", ("filter", "score")),
        ("reason=gap", ("filter", "reason")),
        ("chart=pie", ("chart", "pie")),
        ("compare=moon", ("compare", "moon")),
        ("sort=-colour", ("sort", "-colour")),
    ],
)
def test_what_means_nothing_is_left_out_and_said(query, wrong):
    found = read(query)
    assert [(one.part, one.given) for one in found.wrong] == [wrong]
    assert found == read(query.partition("&")[0] if query.startswith("measure") else "")


def test_a_measure_that_there_is_not_leaves_only_what_there_is():
    assert read("measure=joy&rows=day") == Asking(measure="")
    assert read("measure=joy").wrong == (Wrong("measure", "joy", ("top_box", "sent")),)


@pytest.mark.parametrize(
    "query",
    [
        "measure=sent&rows=touchpoint&columns=day&unit=N-1",
        "touchpoint=~~&touchpoint=%E7%83%AD%E7%BA%BF+%26+x&period=2026-11-01..2026-11-20&sort=-n",
        "score=~&compare=none&chart=table",
    ],
)
def test_two_ways_of_asking_the_same_have_one_address(query):
    once = read(query)
    assert read(once.query) == once
    assert read(once.query).query == once.query
    assert read("&".join(reversed(query.split("&")))).query == once.query


@pytest.mark.parametrize("text", ["x" * 3000, "\u202e", "\0", "a\nb"])
def test_a_value_that_no_name_has_is_no_filter(text):
    given = Given(touchpoint=[text], rows=[text], measure=["top_box"])
    assert asking_of(given, OFFERED).where == ()


def test_a_filter_is_dropped_by_a_link():
    asking = read("touchpoint=a&touchpoint=b&unit=N")
    assert read(asking.without("touchpoint", "a")[1:]).where == (("touchpoint", "b"), ("unit", "N"))
    assert read(asking.without("touchpoint")[1:]).where == (("unit", "N"),)
