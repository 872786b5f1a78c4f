"""A small journey for tests: two stages, three moments, two branches; ``say(…)`` makes customers answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from zhiyin.journey.actions import put_map
from zhiyin.lib.text import both
from zhiyin.metrics import mirror
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM, make_world
from zhiyin.people.testing import make_tree
from zhiyin.responses.intake import receive as receive_responses
from zhiyin.surveys.testing import publish

_numbers = count(1)
PAY = both("看账单、交费，<核对>收费。", "Looks at the bill, pays & checks.")
MOMENTS = (("first_call", "help", "首次来电解决"), ("waiting", "help", "转人工等待"), ("bill", "pay", "账单看得懂"))


def make_journey(*, now: datetime) -> None:
    """The map, its units and a survey with a follow-up; each moment has a standard and two checks."""
    make_world(now=now)
    make_tree(now=now)
    publish(now=now)
    touchpoint = {"name": both("热线", "Hotline"), "kind": "call", "scenario": "hotline", "survey": "call", "order": 1}
    put_map(
        scenarios=[{"key": "hotline", "name": both("热线", "Hotline")}],
        stages=[
            {"key": "pay", "name": both("查费缴费", "Pay"), "definition": PAY, "source": "S1"},
            {"key": "help", "name": both("求助投诉", "Get help"), "source": "S1"},
        ],
        dimensions=[{"key": "behavior", "name": both("行为", "Behaviour"), "source": "S2.6"}],
        touchpoints=[{**touchpoint, "key": "hotline", "source": "S0.1"}],
        moments=[
            {
                "key": key,
                "stage": stage,
                "touchpoint": "hotline",
                "name": both(chinese, key),
                "dimensions": ["behavior"],
                "standard": both("一次说清。", "Say it once."),
                "checklist": [
                    {"key": "hear", "text": both("先听完", "Hear them out"), "source": "S3.8a"},
                    {"key": "say", "text": both("再回答", "Then answer"), "source": "S3.8b"},
                ],
                "source": "S3.8a",
            }
            for key, stage, chinese in MOMENTS
        ],
    )


def say(
    moment: str,
    *,
    top: int = 0,
    low: int = 0,
    at: datetime,
    unit: str = "N-1",
    comment: str = "",
    reason: str = "",
    done: Sequence[str] | None = None,
) -> None:
    """So many customers score 10 and 2 after a call at this moment; the low ones may write and tick something. ``done``
    is what somebody saw done of the checklist of each call; None: nobody looked."""
    calls, answers = [], []
    for score in [10] * top + [2] * low:
        number = next(_numbers)
        said: dict[str, object] = {"overall": score, "attitude": score}
        if score == 2:
            said |= {"comment": comment} if comment else {}
            said |= {"reasons": [reason]} if reason else {}
        calls.append(
            {
                "source": "test",
                "external_id": f"j-{number}",
                "customer": {"external_id": f"J{number:06}", "phone": f"137{number:08}"},
                "touchpoint": "hotline",
                "unit": unit,
                "ended_at": (at - timedelta(minutes=30)).isoformat(),
                "attributes": {"moment": moment} | ({} if done is None else {"checklist": list(done)}),
            }
        )
        answers.append(
            {
                "source": "test",
                "external_id": f"a-{number}",
                "survey": "call",
                "interaction": {"source": "test", "external_id": f"j-{number}"},
                "answered_at": at.isoformat(),
                "answers": said,
            }
        )
    assert all(result.status == "created" for result in receive(calls, by=SYSTEM, now=at))
    assert all(result.status == "created" for result in receive_responses(answers, by=SYSTEM, now=at))


def current(*, now: datetime) -> None:
    """Make the figures current."""
    mirror.catch_up(now=now)
