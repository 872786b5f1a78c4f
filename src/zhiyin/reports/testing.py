"""A small service for tests of the overview: two touchpoints, three moments, two branches, and who said what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from zhiyin.journey.actions import put_map
from zhiyin.lib.text import both
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM, make_world
from zhiyin.people.testing import make_tree
from zhiyin.responses.intake import receive as receive_responses
from zhiyin.surveys.actions import publish_file

_numbers = count(1)
MOMENTS = {"first_call": "hotline", "waiting": "hotline", "at_desk": "hall"}
DIMENSIONS = ("behavior", "value")
CHECKLIST = ("greet", "explain")  # of every moment
POINTS = {("hotline", "behavior"): "Say how long it takes"}  # S2.12
TEN = {"key": "ten", "low": 0, "high": 10, "low_label": both("差", "Poor"), "high_label": both("好", "Good")}
# Question → its dimension. The headline is ``overall``, NPS has a question of its own.
ASKED: Mapping[str, str] = {"overall": "", "attitude": "behavior", "ability": "behavior", "worth": "value", "again": ""}


@dataclass(frozen=True, kw_only=True)
class Said:
    """So many customers who gave the same scores at the same moment. Without a ``moment`` nothing is known of a
    service: the answer came by another way."""

    times: int
    at: datetime
    scores: Mapping[str, int] = field(default_factory=dict)
    moment: str = ""
    unit: str = "N-1"
    segment: str = ""
    brand: str = ""
    survey: str = "talk"
    version: int = 1
    comment: str = ""
    staff: str = ""  # the code of who served
    channel: str = ""
    complaint: bool = False
    done: tuple[str, ...] | None = None  # what was seen done of the moment's checklist; None: nobody looked

    @property
    def touchpoint(self) -> str:
        return MOMENTS.get(self.moment, "hotline") if self.moment else ""


def make_service(*, now: datetime) -> None:
    """The organisation, its map and two surveys: one asked after a service, one after a case was closed."""
    make_world(now=now)
    make_tree(now=now)
    put_map(
        scenarios=[{"key": "hotline", "name": both("热线", "Hotline")}],
        stages=[{"key": "help", "name": both("求助", "Get help"), "source": "S1"}],
        dimensions=[{"key": key, "name": both(key, key), "source": "S2.6"} for key in DIMENSIONS],
        touchpoints=[_touchpoint(key, order) for order, key in enumerate(("hotline", "hall"), 1)],
        moments=[_moment(key, touchpoint) for key, touchpoint in MOMENTS.items()],
        cells=[
            {"touchpoint": at, "dimension": dimension, "points": [both("先说要等多久", text)], "source": "S2.12"}
            for (at, dimension), text in POINTS.items()
        ],
    )
    publish_version(ASKED, now=now)


def publish_version(asked: Mapping[str, str], *, now: datetime) -> None:
    """A version of the survey in which each question has this dimension."""
    measures = {"headline": "overall", "nps": "again", "top_from": 10, "source": "S0.25"}
    talk = _survey("talk", "service", _questions(asked)) | {"measures": measures}
    after = _survey("after", "recovery", _questions({"handling": ""}))
    publish_file({"scale": [TEN | {"source": "S0.34"}], "survey": [talk, after]}, by=SYSTEM, now=now)


def say(*groups: Said) -> None:
    """Let them answer. Each has a service half an hour before, and a customer of its own."""
    for group in groups:
        calls, answers = [], []
        for _ in range(group.times):
            number = next(_numbers)
            answers.append(_answer(group, number))
            if group.moment:
                calls.append(_call(group, number))
                answers[-1]["interaction"] = {"source": "test", "external_id": f"o-{number}"}
        _all_created(receive(calls, by=SYSTEM, now=group.at))
        _all_created(receive_responses(answers, by=SYSTEM, now=group.at))


def _all_created(results: Iterable[Any]) -> None:
    wrong = [result for result in results if result.status != "created"]
    assert not wrong, wrong[0]


def _touchpoint(key: str, order: int) -> dict[str, Any]:
    name = both(key, key)
    return {
        **{"key": key, "name": name, "kind": "call", "scenario": "hotline"},
        **{"survey": "talk", "order": order, "source": "S0.1"},
    }


def _moment(key: str, touchpoint: str) -> dict[str, Any]:
    return {
        **{"key": key, "stage": "help", "touchpoint": touchpoint, "name": both(key, key), "dimensions": ["behavior"]},
        **{"standard": both("一次说清。", "Say it once."), "source": "S3.8a"},
        "checklist": [{"key": one, "text": both(one, one)} for one in CHECKLIST],
    }


def _survey(key: str, purpose: str, questions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"key": key, "purpose": purpose, "name": both(key, key), "source": "S0.35", "question": questions}


def _questions(asked: Mapping[str, str]) -> list[dict[str, Any]]:
    common = {"kind": "scale", "scale": "ten", "required": False, "source": "S0.36"}
    return [
        {"key": key, "title": both(key, key), **common, **({"dimension": dimension} if dimension else {})}
        for key, dimension in asked.items()
    ]


def _call(group: Said, number: int) -> dict[str, Any]:
    customer = {"external_id": f"O{number:06}", "phone": f"136{number:08}"}
    return {
        "source": "test",
        "external_id": f"o-{number}",
        "customer": customer | {"segment": group.segment, "brand": group.brand},
        "touchpoint": group.touchpoint,
        "unit": group.unit,
        "ended_at": (group.at - timedelta(minutes=30)).isoformat(),
        "attributes": {
            **{"moment": group.moment, "complaint": group.complaint},
            **({"checklist": list(group.done)} if group.done is not None else {}),
        },
        **({"staff": group.staff} if group.staff else {}),
        **({"channel": group.channel} if group.channel else {}),
    }


def _answer(group: Said, number: int) -> dict[str, Any]:
    said: dict[str, object] = {**group.scores, **({"comment": group.comment} if group.comment else {})}
    return {
        "source": "test",
        "external_id": f"oa-{number}",
        "survey": group.survey,
        "version": group.version,
        "unit": group.unit,
        "answered_at": group.at.isoformat(),
        "answers": said,
    }
