"""What the pages about answers show, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from zhiyin.journey.queries import interaction_cards, journey_map, moments
from zhiyin.lib.text import pick
from zhiyin.people.access import Viewer
from zhiyin.people.queries import CustomerCard, customer_cards, staff_cards, unit_names, units_of
from zhiyin.responses import queries
from zhiyin.responses.measures import MEASURES
from zhiyin.responses.queries import Asked, ResponseCard
from zhiyin.surveys.queries import surveys, versions_by_id
from zhiyin.surveys.rules import REASONS, Questionnaire

TEXTS = ("survey", "measure", "dimension", "moment", "brand", "segment", "question", "channel")
FILTERS = ("survey", "touchpoint", "moment", "dimension", "unit", "least", "most", "words")
# By the figure that led here; there is nothing to choose them by.
GIVEN = (
    "measure",
    "segment",
    "brand",
    "staff",
    "channel",
    "complaint",
    "question",
    "version",
)


@dataclass(frozen=True)
class Row:
    """One line of the list: a response, or one of its answers where the list is about those; ``question`` says which.

    ``score`` is that answer's, otherwise the headline's.
    """

    card: ResponseCard
    score: int | None
    is_low: bool
    question: str
    survey: str
    touchpoint: str
    unit: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class AnswerRow:
    label: str
    score: int | None
    high: int | None
    text: str
    is_low: bool


@dataclass(frozen=True)
class Detail:
    """One answer with all that is around it. The links are empty where their page does not exist."""

    survey: str
    version: int
    answers: tuple[AnswerRow, ...]
    reasons: tuple[str, ...]
    customer: CustomerCard | None
    touchpoint: str
    unit: str
    served_by: str
    interaction: str
    ended_at: datetime | None
    flags: tuple[str, ...]
    survey_url: str
    path_url: str


def asked_of(query: Mapping[str, str], *, by: Viewer, since: datetime, until: datetime) -> Asked:
    """The filters that the address names. Nonsense filters nothing away; an unknown key finds nothing."""
    touchpoint = query.get("touchpoint", "")
    found = journey_map().touchpoints.get(touchpoint)
    unit = query.get("unit", "")
    return Asked(
        **{name: query.get(name, "")[:60] for name in TEXTS},
        version=_number(query.get("version", "")),
        staff_id=_number(query.get("staff", "")),
        complaint={"true": True, "false": False}.get(query.get("complaint", "")),
        touchpoint_id=(found.id if found else -1) if touchpoint else None,
        units=_units(unit, by=by) if unit else None,
        lowest=_score(query.get("least", "")),
        highest=_score(query.get("most", "")),
        since=since,
        until=until,
        only_with_comment=query.get("words") == "1",
    )


def _units(code: str, *, by: Viewer) -> frozenset[int]:
    """The unit with this code and all below it, of those that the viewer sees. Parents stand above their children."""
    found: set[int] = set()
    for card in units_of(by=by):
        if card.code == code or card.parent_id in found:
            found.add(card.id)
    return frozenset(found)


def is_filtered(query: Mapping[str, str]) -> bool:
    return any(query.get(name) for name in (*FILTERS, *GIVEN))


def filters(query: Mapping[str, str], *, by: Viewer) -> dict[str, Any]:
    """The values of the form, and what may be chosen in it."""
    return {
        **{name: query.get(name, "")[:60] for name in FILTERS},
        "given": _given(query, by.language),
        "surveys": [(card.key, pick(card.name, by.language)) for card in surveys()],
        "touchpoints": [(card.key, pick(card.name, by.language)) for card in journey_map().touchpoints.values()],
        "moments": [(card.key, pick(card.name, by.language)) for card in moments()],
        "dimensions": [(card.key, pick(card.name, by.language)) for card in journey_map().dimensions],
        "scores": range(11),
    }


def _given(query: Mapping[str, str], language: str) -> list[tuple[str, str, str]]:
    """Name and value of each such filter, and how a person reads it."""
    found = [(name, query.get(name, "")[:60]) for name in GIVEN]
    return [(name, value, _spoken(name, value, language)) for name, value in found if value]


def _spoken(name: str, value: str, language: str) -> str:
    """How a person reads such a filter."""
    if name == "measure":
        return _measure(value, language)
    if name == "staff":
        number = _number(value)
        card = staff_cards([number]).get(number or 0)
        return card.name if card else "—"
    if name == "complaint":
        return _("complaints only") if value == "true" else _("without complaints")
    if name == "version":
        return _("version %(number)s") % {"number": value}
    return value


def _measure(key: str, language: str) -> str:
    return next((pick(one.name, language) for one in MEASURES if one.key == key), key)


def rows(cards: Sequence[ResponseCard], asked: Asked, *, by: Viewer) -> list[Row]:
    """The lines of these responses, in their order; of one response those of its answers that the list is about."""
    versions = versions_by_id({card.survey_version_id for card in cards})
    units = unit_names({card.unit_id for card in cards}, by.language)
    read = queries.read_by(asked)
    found: list[Row] = []
    for card in cards:
        version = versions.get(card.survey_version_id)
        one = version.questionnaire if version else None
        whole = Row(
            card=card,
            score=card.headline,
            is_low=card.is_low,
            question="",
            survey=pick(one.name, by.language) if one else "",
            touchpoint=_touchpoint(card, by),
            unit=units.get(card.unit_id, ""),
            reasons=_reasons(card, one, by.language) if one else (),
        )
        if read is None or one is None:
            found.append(whole)
        else:
            found += _read_of(whole, one, read.questions.get(card.survey_version_id, ()), by.language)
    return found


def _read_of(whole: Row, one: Questionnaire, keys: Sequence[str], language: str) -> list[Row]:
    """A line for each of these questions that was answered."""
    return [
        replace(whole, score=score, is_low=one.is_low(score), question=pick(question.title, language))
        for question in one.questions
        if question.key in keys and (score := whole.card.scores.get(question.key)) is not None
    ]


def detail(card: ResponseCard, *, by: Viewer) -> Detail:
    version = versions_by_id({card.survey_version_id})[card.survey_version_id]
    one = version.questionnaire
    interaction = (
        interaction_cards([card.interaction_id], by=by).get(card.interaction_id) if card.interaction_id else None
    )
    staff = staff_cards([card.served_by]).get(card.served_by or 0)
    return Detail(
        survey=pick(one.name, by.language),
        version=version.number,
        answers=tuple(_answers(card, one, by.language)),
        reasons=_reasons(card, one, by.language),
        customer=customer_cards([card.customer_id], by=by).get(card.customer_id or 0),
        touchpoint=_touchpoint(card, by),
        unit=unit_names([card.unit_id], by.language).get(card.unit_id, ""),
        served_by=staff.name if staff else "",
        interaction=interaction.external_id if interaction else "",
        ended_at=interaction.ended_at if interaction else None,
        flags=tuple(_flag(flag) for flag in queries.flags(card)),
        survey_url=f"{reverse('surveys:survey', args=[version.survey])}?version={version.number}",
        path_url=_path(card),
    )


def _touchpoint(card: ResponseCard, by: Viewer) -> str:
    found = journey_map().touchpoint(card.touchpoint_id)
    return pick(found.name, by.language) if found else ""


def _reasons(card: ResponseCard, one: Questionnaire, language: str) -> tuple[str, ...]:
    texts = {reason.key: reason.text for reason in (one.follow_up.reasons if one.follow_up else ())}
    return tuple(pick(texts.get(key, key), language) for key in card.ticked.get(REASONS, ()))


def _answers(card: ResponseCard, one: Questionnaire, language: str) -> list[AnswerRow]:
    found = []
    for question in one.questions:
        score = card.scores.get(question.key)
        ticked = card.ticked.get(question.key, ())
        texts = [pick(option.text, language) for option in question.options if option.key in ticked]
        found.append(
            AnswerRow(
                label=pick(question.title, language),
                score=score,
                high=question.scale.high if question.scale else None,
                text=card.texts.get(question.key, " / ".join(texts)),
                is_low=score is not None and one.is_low(score),
            )
        )
    return found


def _flag(flag: str) -> str:
    return {
        "fast": _("answered in less than two seconds"),
        "crowd": _("100 or more answers from one address within a day"),
    }[flag]


def _path(card: ResponseCard) -> str:
    """Why this customer was asked: the outreach monitor's trace of the interaction."""
    if card.interaction_id is None:
        return ""
    try:
        return reverse("outreach:decision", args=[card.interaction_id])
    except NoReverseMatch:
        return ""


def _number(text: str) -> int | None:
    """A key of ours; nonsense finds nothing rather than everything."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _score(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else None
