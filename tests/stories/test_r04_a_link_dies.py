"""R4: a link takes one answer, none at eight hours to the microsecond, and one up to then, whoever presses at once.

Fifty hands on five hundred links are in ``responses/tests/test_parallel.py``; here are the boundary and the control.
"""

from collections import Counter
from datetime import timedelta

import pytest

from tests.stories.tiers import minutes, sized
from tests.threads import together
from zhiyin.outreach.testing import NOW
from zhiyin.responses import sql
from zhiyin.responses.statements import Statement
from zhiyin.responses.submission import Link
from zhiyin.responses.testing import GOOD, Browser, make_links

LINKS = sized(c=500, n=500, r=5_000)
HANDS = 8
LIFE, TICK = timedelta(hours=8), timedelta(microseconds=1)
AT_THE_END = (LIFE, LIFE + TICK, LIFE + timedelta(days=400))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(minutes(c=3, n=20))]


def submit(token: str, *, at: timedelta, hand: int = 0) -> int:
    """One submission, from an address and with a body of its own."""
    browser = Browser(now=NOW + at, headers={"REMOTE_ADDR": f"2001:db8:{hand:x}:{int(at.total_seconds()) % 9999}::1"})
    scores = {"q_speed": str(hand % 11), "q_ability": str(hand // 11 % 11)}
    return browser.post(f"/s/{token}", {**GOOD, **scores}).status


def accepted_at_the_end(tokens: list[str]) -> Counter[str]:
    """What is taken a moment too late, and what is refused a moment before."""
    counted: Counter[str] = Counter()
    for number, token in enumerate(tokens):
        late = AT_THE_END[number % len(AT_THE_END)]
        counted["accepted too late"] += submit(token, at=late, hand=number) == 200
        page = Browser(now=NOW + late).get(f"/s/{token}", REMOTE_ADDR=f"2001:db8:{number:x}::2")
        counted["opened too late"] += page.status == 200
        counted["refused in time"] += submit(token, at=LIFE - TICK, hand=number) != 200
        counted["accepted after submission"] += submit(token, at=LIFE - TICK, hand=number + 1) == 200
    return +counted


def accepted_together(tokens: list[str]) -> int:
    """How many answers many hands get into these links at once."""

    def press(hand: int) -> int:
        turned = tokens[hand % len(tokens) :] + tokens[: hand % len(tokens)]
        return sum(submit(token, at=timedelta(minutes=5), hand=hand) == 200 for token in turned)

    return sum(together([lambda hand=hand: press(hand) for hand in range(HANDS)]))  # type: ignore[misc]


def test_at_eight_hours_sharp_it_is_dead_and_a_microsecond_before_it_is_not() -> None:
    assert accepted_at_the_end(make_links(LINKS)) == {}


def test_as_many_answers_as_links() -> None:
    assert accepted_together(make_links(10)) == 10


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that opens for every link there ever was, a submission that takes it whatever became of it, and answers
    that do not say whose link they came by, so that the table cannot refuse the second either."""

    def without(statement: str) -> str:
        begin = statement.index("AND state IN ('queued'")
        rest = statement[statement.index("RETURNING", begin) :]
        return statement[:begin] + rest.replace("RETURNING id,", "RETURNING CAST(NULL AS bigint) AS id,")

    monkeypatch.setattr(Link, "is_alive", lambda *_, **__: True)
    monkeypatch.setattr(sql, "SQLITE_TAKE", without(sql.SQLITE_TAKE))
    monkeypatch.setattr(sql, "SUBMIT", Statement("careless_submit", without(sql.SUBMIT.text.decode())))


def test_negative_control_a_page_that_looks_at_no_clock_opens_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Link, "is_alive", lambda *_, **__: True)
    assert accepted_at_the_end(make_links(6))["opened too late"] == 6


@pytest.mark.usefixtures("careless")
def test_negative_control_without_the_conditions_both_checks_fail() -> None:
    counted = accepted_at_the_end(make_links(6))
    assert counted["accepted too late"] == 6
    assert counted["accepted after submission"] == 6
    assert accepted_together(make_links(4)) > 4
