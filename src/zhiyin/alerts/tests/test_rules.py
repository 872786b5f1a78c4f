"""Which answers and interactions make somebody look."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zhiyin.alerts.rules import AnswerFacts, InteractionFacts, signals_of_answer, signals_of_interaction
from zhiyin.cases.rules.occasions import Reason
from zhiyin.insight.rules import lexicon_of, read_comment
from zhiyin.insight.testing import EMOTIONS

LEXICON = lexicon_of(EMOTIONS)
NOW = datetime(2026, 11, 20, 3, 50, tzinfo=UTC)


def reasons(**changes: Any) -> list[Reason]:
    answer = AnswerFacts(**{"scores": {"overall": 10}, "low_to": 6, **changes})
    return [signal.reason for signal in signals_of_answer(answer, read_comment(answer.comment, LEXICON))]


@pytest.mark.parametrize(
    ("scores", "low_to", "is_low"),
    [
        ({"overall": 7}, 6, False),
        ({"overall": 6}, 6, True),  # the line itself is low
        ({"overall": 0}, 6, True),
        ({"overall": 10, "speed": 3}, 6, True),  # any question
        ({}, 6, False),
        ({"overall": 1}, None, False),  # a survey without a low line
        ({"overall": 3}, 3, True),  # the version's own line
        ({"overall": 4}, 3, False),
    ],
)
def test_a_score_is_low_by_the_line_of_the_version(scores: dict[str, int], low_to: int | None, is_low: bool) -> None:
    assert (Reason.LOW_SCORE in reasons(scores=scores, low_to=low_to)) is is_low


@pytest.mark.parametrize(
    ("is_recovery", "ticked", "expected"),
    [
        (True, {"solved": ("no",)}, [Reason.NOT_SOLVED]),  # whatever the scores: they are tens here
        (True, {"solved": ("yes",)}, []),
        (True, {}, []),
        (False, {"solved": ("no",)}, []),  # a question of that name in another survey is another question
    ],
)
def test_what_is_not_solved_is_not_made_good_by_a_high_score(
    is_recovery: bool, ticked: dict[str, tuple[str, ...]], expected: list[Reason]
) -> None:
    assert reasons(is_recovery=is_recovery, ticked=ticked) == expected


def test_the_tick_is_enough() -> None:
    assert reasons(wants_contact=True) == [Reason.CALL_ME_BACK]


def test_an_angry_comment_is_enough() -> None:
    assert reasons(comment="骗子公司，态度恶劣") == [Reason.ANGRY_COMMENT]
    assert reasons(comment="谢谢，很耐心") == []


def test_each_signal_brings_what_shows_it() -> None:
    answer = AnswerFacts(scores={"speed": 2, "overall": 1, "value": 9}, low_to=6, comment="骗子，骗子！态度恶劣")
    low, angry = signals_of_answer(answer, read_comment(answer.comment, LEXICON), lexicon=4)
    assert low.evidence == {"scores": {"overall": 1, "speed": 2}, "low_to": 6}
    assert angry.evidence == {"anger": 8.0, "terms": ["骗子", "恶劣"], "lexicon": 4}


DISPUTE = {"dispute": True, "ticket": True}


@pytest.mark.parametrize(
    ("is_complaint", "minutes", "attributes", "expected"),
    [
        (False, 3, {}, []),
        (True, 3, {}, [Reason.COMPLAINT]),
        (True, None, {}, [Reason.COMPLAINT]),
        (False, 10, DISPUTE, [Reason.LOW_SCORE_RISK]),
        (False, 9, DISPUTE, []),
        (False, None, DISPUTE, []),
        (False, 30, {"dispute": True}, []),
        (False, 30, {"ticket": True}, []),
        (False, 30, {"dispute": "yes", "ticket": 1}, []),
        (True, 30, DISPUTE, [Reason.COMPLAINT, Reason.LOW_SCORE_RISK]),
    ],
)
def test_interactions(
    is_complaint: bool, minutes: int | None, attributes: dict[str, Any], expected: list[Reason]
) -> None:
    started = NOW - timedelta(minutes=minutes) if minutes is not None else None
    facts = InteractionFacts(is_complaint=is_complaint, started_at=started, ended_at=NOW, attributes=attributes)
    assert [signal.reason for signal in signals_of_interaction(facts)] == expected
