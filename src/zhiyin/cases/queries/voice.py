"""What the customer said: their words with the telling ones marked, what they ticked, and each score."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from zhiyin.insight.queries import reading
from zhiyin.insight.rules import Span
from zhiyin.lib.text import pick
from zhiyin.people.access import Viewer
from zhiyin.responses.queries import ResponseCard, response_cards
from zhiyin.surveys.queries import versions_by_id
from zhiyin.surveys.rules import Questionnaire


@dataclass(frozen=True)
class Piece:
    """A stretch of the comment; ``is_marked`` where the lexicon found a word of feeling."""

    text: str
    is_marked: bool


@dataclass(frozen=True)
class ScoreRow:
    """One scored question with its scale."""

    label: str
    value: int
    high: int
    is_low: bool


@dataclass(frozen=True)
class Voice:
    """An answer as the workbench shows it."""

    pieces: tuple[Piece, ...]
    is_angry: bool
    ticked: tuple[str, ...]
    wants_contact: bool
    scores: tuple[ScoreRow, ...]
    source: str
    answered_at: datetime
    survey: str


def voice(response_id: int | None, *, by: Viewer) -> Voice | None:
    """The answer that a case is about; None where it has none."""
    if response_id is None:
        return None
    # Whoever may see the case may see what it is about, wherever the answer was given.
    card = response_cards([response_id], by=Viewer.system("cases")).get(response_id)
    if card is None:
        return None
    version = versions_by_id({card.survey_version_id}).get(card.survey_version_id)
    read = reading(card.comment).reading
    return Voice(
        pieces=tuple(_pieces(card.comment, read.spans)),
        is_angry=read.is_angry,
        ticked=_ticked(card, version.questionnaire, by.language) if version else (),
        wants_contact=card.wants_contact,
        scores=_scores(card, version.questionnaire, by.language) if version else (),
        source=card.source,
        answered_at=card.answered_at,
        survey=pick(version.questionnaire.name, by.language) if version else "",
    )


def _pieces(comment: str, spans: tuple[Span, ...]) -> Iterator[Piece]:
    place = 0
    for span in spans:
        if span.start > place:
            yield Piece(comment[place : span.start], False)
        yield Piece(comment[span.start : span.end], True)
        place = span.end
    if place < len(comment):
        yield Piece(comment[place:], False)


def _ticked(card: ResponseCard, questionnaire: Questionnaire, language: str) -> tuple[str, ...]:
    if questionnaire.follow_up is None:
        return ()
    texts = {reason.key: reason.text for reason in questionnaire.follow_up.reasons}
    return tuple(pick(texts[key], language) for key in card.reasons if key in texts)


def _scores(card: ResponseCard, questionnaire: Questionnaire, language: str) -> tuple[ScoreRow, ...]:
    low_to = card.low_to
    return tuple(
        ScoreRow(
            label=pick(question.title, language),
            value=card.scores[question.key],
            high=question.scale.high,
            is_low=low_to is not None and card.scores[question.key] <= low_to,
        )
        for question in questionnaire.questions
        if question.scale is not None and question.key in card.scores
    )
