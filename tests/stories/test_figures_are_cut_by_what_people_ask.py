"""One week of a small service, counted by hand and by the catalogue: what was asked for, expected, begged for, done by
the checklist, told by other systems, and cut by shift, calendar, stage, level of the organisation and errand."""

from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.journey import counters
from zhiyin.journey.actions import NoSlotLeft, declare_attribute, put_map, withdraw_attribute
from zhiyin.journey.models import Attribute
from zhiyin.lib import intervals
from zhiyin.lib.relation import spearman
from zhiyin.lib.text import both
from zhiyin.metrics import mirror
from zhiyin.metrics.asking import Asked, answer_to, as_rows, labels_of
from zhiyin.metrics.language import Answer
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.actions import UnitGiven, put_unit
from zhiyin.people.api_auth import create_api_key
from zhiyin.people.models import Unit
from zhiyin.people.tree import OrganisationTree
from zhiyin.reports.care import care_of_cells
from zhiyin.reports.figures import Desk
from zhiyin.reports.testing import TEN, make_service
from zhiyin.responses.intake import receive as answer
from zhiyin.surveys.actions import publish_file
from zhiyin.ui.period import period_of

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 11, 20, 10, tzinfo=ZONE)
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, tzinfo=ZONE)
EVENING = datetime(2026, 11, 22, 20, tzinfo=ZONE)
TREE = OrganisationTree()
numbers = count(1)


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=FRIDAY - timedelta(days=1))
    items = [{"key": key, "text": both(key, key), "source": "S1.9"} for key in ("greet", "ask", "thank")]
    put_map(
        scenarios=[],
        stages=[{"key": "use", "name": both("使用", "Use"), "source": "S1"}],
        dimensions=[],
        touchpoints=[],
        moments=[
            {
                **{"key": "first_call", "stage": "help", "touchpoint": "hotline", "name": both("来电", "Call")},
                **{"dimensions": ["behavior"], "standard": both("一次说清。", "Once."), "checklist": items},
                **{"source": "S3.8a"},
            },
            {
                **{"key": "at_desk", "stage": "use", "touchpoint": "hall", "name": both("柜台", "Desk")},
                **{"dimensions": ["value"], "standard": both("一次办好。", "Once."), "checklist": items[:2]},
                **{"source": "S3.8a"},
            },
        ],
        cells=[
            {"touchpoint": "hall", "dimension": "value", "points": [both("演示", "Show it")], "source": "S2.12a"},
        ],
        shifts=[
            {"key": "early", "name": both("早班", "Early"), "from_hour": 8, "until_hour": 16, "source": "S3.1"},
            {"key": "night", "name": both("夜班", "Night"), "from_hour": 22, "until_hour": 6, "source": "S3.1"},
        ],
        attributes=[{"key": "errand", "name": both("事由", "Errand"), "source": "S0.27"}],
    )
    pair = {"kind": "scale", "scale": "ten", "required": False, "source": "S0.1"}
    questions = [
        {"key": "overall", "title": both("总体", "Overall"), **pair},
        {"key": "attitude_expected", "title": both("期望", "Expected"), "expects": "attitude", **pair},
        {"key": "attitude", "title": both("态度", "Attitude"), "dimension": "behavior", **pair},
    ]
    study = {"key": "study", "purpose": "study", "name": both("调查", "Study"), "source": "S0.1", "question": questions}
    study["measures"] = {"headline": "overall", "top_from": 10, "source": "S0.34"}
    publish_file({"scale": [TEN | {"source": "S0.34"}], "survey": [study]}, by=SYSTEM, now=FRIDAY - timedelta(days=1))


def served(times: int, at: datetime, *, score: int, moment: str = "first_call", unit: str = "N-1", **more: Any) -> None:
    """So many services, each answered half an hour later with ``score`` overall; ``attributes`` are the system's."""
    attitude = more.pop("attitude", score)
    for _ in range(times):
        number = next(numbers)
        call = {
            **{"source": "test", "external_id": f"f-{number}", "unit": unit, "ended_at": at.isoformat()},
            "customer": {"external_id": f"F{number}", "phone": f"137{number:08}"},
            "touchpoint": "hall" if moment == "at_desk" else "hotline",
            "attributes": {"moment": moment, **more},
        }
        assert receive([call], by=SYSTEM, now=at)[0].status == "created"
        given = {
            **{"source": "test", "external_id": f"fa-{number}", "survey": "talk", "answered_at": at.isoformat()},
            "interaction": {"source": "test", "external_id": f"f-{number}"},
            "answers": {"overall": score, "attitude": attitude, "worth": score, "again": score},
        }
        assert answer([given], by=SYSTEM, now=at)[0].status == "created"


def studied(expected: int, found: int, *, overall: int = 8) -> None:
    number = next(numbers)
    scores = {"overall": overall, "attitude_expected": expected, "attitude": found}
    given = {
        **{"source": "interview", "external_id": f"s-{number}", "survey": "study", "unit": "S"},
        **{"answered_at": FRIDAY.isoformat(), "answers": scores},
    }
    assert answer([given], by=SYSTEM, now=FRIDAY)[0].status == "created"


def ask(measure: str, by: str = "", **where: str) -> Answer:
    asked = Asked(measure, by=tuple(by.split(",")) if by else (), where=tuple(where.items()))
    return answer_to(asked, by=SYSTEM, tree=TREE, floor=1)


def counted(measure: str, by: str, **where: str) -> dict[Any, tuple[int, int]]:
    return {key: (int(one.sums["hits"]), one.n) for key, one in ask(measure, by, **where).by_key().items()}


def caught_up() -> None:
    mirror.catch_up(now=EVENING)


def test_the_same_answers_by_shift_calendar_stage_level_and_errand() -> None:
    served(6, FRIDAY, score=10, errand="ask")
    served(4, SATURDAY_NIGHT, score=3, moment="at_desk", unit="S", errand="fault")
    served(2, EVENING, score=10)
    caught_up()
    assert counted("top_box", "shift") == {"early": (6, 6), "night": (0, 4), "": (2, 2)}
    assert counted("top_box", "calendar") == {"workday": (6, 6), "weekend": (2, 6)}
    assert counted("top_box", "stage") == {"help": (8, 8), "use": (0, 4)}
    assert counted("top_box", "weekday") == {5: (6, 6), 6: (0, 4), 7: (2, 2)}
    assert counted("top_box", "attr.errand") == {"ask": (6, 6), "fault": (0, 4), None: (2, 2)}
    assert counted("top_box", "hour_of_day") == {10: (6, 6), 23: (0, 4), 20: (2, 2)}
    assert counted("top_box", "week") == {"2026-11-16": (8, 12)}
    keys = dict(Unit.objects.values_list("code", "pk"))
    levels = ask("top_box", "unit.1")
    assert {key: one.n for key, one in levels.by_key().items()} == {keys["N"]: 8, keys["S"]: 4}
    assert [row["unit.1"] for row in as_rows(levels, tree=TREE)] == ["N", "S"]
    assert counted("top_box", "shift", **{"attr.errand": "ask"}) == {"early": (6, 6)}
    assert counted("top_box", "stage", shift="night") == {"use": (0, 4)}
    assert labels_of(ask("top_box", "shift"), "en") == [{"early": "Early", "night": "Night"}]
    assert set(labels_of(levels, "zh-hans")[0]) == {keys["N"], keys["S"]}


def test_a_team_that_moves_takes_its_past_along() -> None:
    served(3, FRIDAY, score=10)
    caught_up()
    keys = dict(Unit.objects.values_list("code", "pk"))
    assert {key: one.n for key, one in ask("top_box", "unit.1").by_key().items()} == {keys["N"]: 3}
    put_unit(UnitGiven("N-1", both("一班", "Team"), "team", "S"), by=SYSTEM, now=EVENING)
    from zhiyin.people.dimensions import tree  # noqa: PLC0415  (only here)

    tree.forget()
    assert {key: one.n for key, one in ask("top_box", "unit.1").by_key().items()} == {keys["S"]: 3}


def test_what_was_begged_for_is_counted_and_set_apart() -> None:
    served(5, FRIDAY, score=10, begged=True)
    served(5, FRIDAY, score=10)
    served(10, FRIDAY, score=6)
    caught_up()
    raw, clean = ask("top_box").whole, ask("clean_top_box").whole
    assert (raw.value, raw.n) == (0.5, 20)
    known = intervals.share(hits=5, n=15)
    assert (clean.value, clean.low, clean.high, clean.n) == (known.value, known.low, known.high, 15)
    assert ask("clean_mean").whole.value == pytest.approx((5 * 10 + 10 * 6) / 15)
    assert ask("begged_rate").whole.value == 0.25
    assert counted("top_box", "begged") == {False: (5, 15), True: (5, 5)}


@pytest.mark.parametrize("wrong", [{"begged": "yes"}, {"checklist": "greet"}, {"checklist": [1]}, {"checklist": [""]}])
def test_a_flag_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    call = {"source": "test", "external_id": "w", "customer": {"external_id": "W"}, "touchpoint": "hotline"}
    call |= {"ended_at": FRIDAY.isoformat(), "attributes": wrong}
    result = receive([call], by=SYSTEM, now=FRIDAY)[0]
    assert (result.status, [one.field for one in result.faults]) == ("invalid", [f"attributes.{next(iter(wrong))}"])


def test_the_checklist_counts_what_somebody_looked_for() -> None:
    served(4, FRIDAY, score=10, checklist=["greet", "ask"])
    served(1, FRIDAY, score=10, checklist=[])
    served(7, FRIDAY, score=10)  # nobody looked
    served(2, FRIDAY, score=10, moment="at_desk", checklist=["greet", "ask", "unheard_of"])
    caught_up()
    assert counted("checklist_adherence", "item") == {"greet": (6, 7), "ask": (6, 7), "thank": (0, 5)}
    assert counted("checklist_adherence", "touchpoint") == {"hotline": (8, 15), "hall": (4, 4)}


def test_expectation_and_perception_are_a_pair_of_one_person() -> None:
    for expected, found in [(9, 7), (9, 9), (10, 6), (8, 9)]:
        studied(expected, found)
    caught_up()
    gap = ask("servqual_gap", "dimension").by_key()["behavior"]
    assert (gap.value, gap.n) == (pytest.approx((7 - 9 + 9 - 9 + 6 - 10 + 9 - 8) / 4), 4)
    assert counted("expectation_gap", "question") == {"attitude": (2, 4)}
    assert ask("expectation").whole.value == 9.0
    # What was expected is no score: neither by question nor by dimension does it count among what was found.
    assert set(ask("mean", "question").by_key()) == {"overall", "attitude"}
    assert ask("mean", "dimension").by_key()["behavior"].value == pytest.approx(31 / 4)


def test_the_distribution_and_the_reasons_add_up_to_one() -> None:
    served(6, FRIDAY, score=10)
    served(3, FRIDAY, score=7)
    served(1, FRIDAY, score=0)
    caught_up()
    found = ask("distribution")
    assert {key: one.value for key, one in found.by_key().items()} == {0: 0.1, 7: 0.3, 10: 0.6}
    assert {one.n for one in found.figures} == {10}
    reasons = ask("suppression_rate", "reason").by_key()
    whole, invited = ask("suppression_rate").whole, ask("invitation_rate").whole
    assert sum(one.value or 0 for one in reasons.values()) == pytest.approx(whole.value)
    assert whole.value == pytest.approx(1 - (invited.value or 0))


def told(day: date, **counts: int) -> list[str]:
    lines = [{"counter": key, "day": day, "value": value} for key, value in counts.items()]
    return [one.done for one in counters.tell(lines, by=SYSTEM, now=EVENING)]


def test_the_funnel_of_two_days_and_a_zero_that_cannot_be_measured() -> None:
    assert told(date(2026, 11, 20), surfers=1000, aware=300, hits=60, visitors=0) == ["created"] * 4
    assert told(date(2026, 11, 21), surfers=500, aware=200) == ["created"] * 2
    assert told(date(2026, 11, 21), surfers=500, aware=210) == ["duplicate", "updated"]
    caught_up()
    first = ask("funnel_i1").whole
    assert (first.value, first.n) == (pytest.approx(510 / 1500), 1500)
    assert ask("funnel_i3").whole.value == 0.0
    assert (ask("funnel_i4").whole.value, ask("funnel_i4").whole.n) == (None, 0)  # not measurable, which is not 0
    assert {key: one.n for key, one in ask("funnel_i1", "day").by_key().items()} == {
        "2026-11-20": 1000,
        "2026-11-21": 500,
    }
    wrong = counters.tell(
        [{"counter": "aware", "day": date(2026, 11, 20), "value": 1, "unit": "nowhere"}], by=SYSTEM, now=EVENING
    )
    assert (wrong[0].done, wrong[0].faults[0].field) == ("refused", "unit")


def test_the_care_index_is_its_parts_by_their_weights() -> None:
    served(12, FRIDAY, score=10, attitude=9)
    served(8, FRIDAY, score=5, attitude=4)
    caught_up()
    parts = {key: ask(key).whole.value for key in ("satisfaction_index", "care_score", "nps")}
    assert parts == pytest.approx({"satisfaction_index": 80.0, "care_score": 70.0, "nps": 20.0})
    index, expected = ask("care_index").whole, 0.7 * 80 + 0.15 * 70 + 0.15 * 60
    assert index.value == pytest.approx(expected)
    assert index.low is not None
    assert index.high is not None
    assert index.low < expected < index.high


def test_a_cell_knows_its_relation_what_was_given_and_what_is_to_improve() -> None:
    for score, attitude in [(10, 10), (9, 8), (3, 2), (7, 9), (10, 9), (4, 4), (8, 3)]:
        served(8, FRIDAY, score=score, attitude=attitude, checklist=["greet", "ask", "thank"])
    served(40, FRIDAY, score=2, attitude=2, moment="at_desk", checklist=["greet"])
    caught_up()
    period = period_of({"from": "2026-11-16", "to": "2026-11-22"}, today=EVENING.date())
    cells = care_of_cells(Desk(SYSTEM, period))
    assert set(cells) == {(one, other) for one in ("hotline", "hall") for other in ("behavior", "value")}
    hotline = cells["hotline", "behavior"]
    known = spearman({(a, s): 8 for s, a in [(10, 10), (9, 8), (3, 2), (7, 9), (10, 9), (4, 4), (8, 3)]})
    assert hotline.relation is not None
    assert hotline.relation.relation == known
    assert hotline.given is not None
    assert (hotline.given.value, hotline.given.n) == (1.0, 56 * 3)
    assert hotline.perception == "unnoticed"  # all of it was done, and few gave ten for attitude
    assert hotline.strength in ("high", "low")
    hall = cells["hall", "value"]
    assert hall.given is not None
    assert hall.given.value == 0.5
    assert (hall.perception, hall.relation, hall.strength) == ("missing", None, "")  # nobody's score varies
    assert hall.points == (both("演示", "Show it"),)
    assert cells["hall", "behavior"].given is None


def test_only_declared_attributes_leave_the_record_and_twelve_at_most() -> None:
    served(1, FRIDAY, score=10, errand="ask", secret="139…")
    caught_up()
    assert "secret" not in str(mirror.fact("answers").columns)
    with pytest.raises(ValueError, match="dimension"):
        ask("top_box", "attr.secret")
    # Declared, it is there for what happened before, too: the mirror is built anew.
    assert declare_attribute("secret", name=both("某", "Some"))
    assert ask("top_box").figures == []
    caught_up()
    assert counted("top_box", "attr.secret") == {"139…": (1, 1)}
    assert withdraw_attribute("secret")
    for number in range(11):
        assert declare_attribute(f"more_{number}", name=both("某", "Some"))
    with pytest.raises(NoSlotLeft):
        declare_attribute("too_much", name=both("某", "Some"))
    assert not declare_attribute("errand", name=both("办理事由", "Errand"))  # it was there: only its name is new
    assert withdraw_attribute("more_3")
    assert declare_attribute("again", name=both("某", "Some"))
    assert sorted(Attribute.objects.values_list("slot", flat=True)) == list(range(1, 13))


def test_years_whose_holidays_nobody_knows_are_named_by_the_api() -> None:
    key = create_api_key(name="b", scope="read", by=SYSTEM, now=FRIDAY)
    client = Client(headers={"authorization": f"Bearer {key}"})

    def named(query: str) -> Any:
        return client.get(f"/api/v1/measures/top_box?{query}").json().get("unknown_years")

    assert named("by=calendar&from=2018-12-30&to=2020-01-02") == [2018, 2019]
    assert named("where=calendar=holiday&from=2019-12-30&to=2019-12-31") == [2019]
    assert named("by=calendar&from=2024-01-01&to=2024-12-31") is None
    assert named("by=week&from=2018-12-30&to=2020-01-02") is None
