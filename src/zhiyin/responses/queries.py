"""Questions about answers. What customers wrote leaves here with phone and identity-card numbers masked (S53)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from zhiyin.journey.queries import at_moment, complaints, through
from zhiyin.lib.ids import first_id_at
from zhiyin.lib.masking import scrub
from zhiyin.people.access import Viewer, one_visible, visible
from zhiyin.people.queries import in_group
from zhiyin.responses.behind import Read, behind, numbered
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.rules import AHEAD, CROWD, TOO_FAST
from zhiyin.surveys.queries import VersionCard, version_ids, versions_by_id
from zhiyin.surveys.rules import REASONS, Kind

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class ResponseCard:
    """One filled-in questionnaire. ``low_to``: from which score down its version asks for reasons; None: never."""

    id: int
    customer_id: int | None
    staff_id: int | None
    invitation_id: int | None
    interaction_id: int | None
    case_id: int | None
    purpose: str
    survey_version_id: int
    source: str
    external_id: str
    scenario_id: int
    touchpoint_id: int
    unit_id: int
    served_by: int | None
    language: str
    headline: int | None
    low_to: int | None
    comment: str
    wants_contact: bool
    answered_at: datetime
    received_at: datetime
    attributes: Mapping[str, Any]
    scores: Mapping[str, int] = field(default_factory=dict)
    ticked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # question → options
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons ticked after a low score."""
        return self.ticked.get(REASONS, ())

    @property
    def is_low(self) -> bool:
        return self.low_to is not None and any(score <= self.low_to for score in self.scores.values())


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which responses a list shows. Scores are the headline's, both ends included; ``until`` is not included.

    ``measure``, ``dimension`` and ``question``: only those that this figure, cut by these, reads. ``version`` is a
    number of the survey's. Without an interaction the channel is the way by which the answer came, as figures have it.
    """

    survey: str = ""
    measure: str = ""
    dimension: str = ""
    touchpoint_id: int | None = None
    moment: str = ""
    brand: str = ""
    segment: str = ""
    question: str = ""
    version: int | None = None
    channel: str = ""
    staff_id: int | None = None  # who served
    complaint: bool | None = None
    units: frozenset[int] | None = None
    lowest: int | None = None
    highest: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_with_comment: bool = False


def response_card(response_id: int, *, by: Viewer) -> ResponseCard:
    """One response. Raises NotFound, whether it is absent or another branch's."""
    return _cards([one_visible(Response.objects.all(), by=by, pk=response_id)])[0]


def response_cards(ids: Iterable[int], *, by: Viewer) -> dict[int, ResponseCard]:
    """The responses among these that the viewer may see."""
    rows = visible(Response.objects.filter(pk__in=set(ids)), by=by)
    return {card.id: card for card in _cards(list(rows))}


def responses_of(customer_id: int, *, by: Viewer, limit: int = 50) -> list[ResponseCard]:
    """What a customer answered, the newest first."""
    rows = visible(Response.objects.filter(customer_id=customer_id), by=by).order_by("-id")
    return _cards(list(rows[:limit]))


def responses_to(interaction_ids: Iterable[int], *, by: Viewer) -> dict[int, ResponseCard]:
    """Interaction → its newest response."""
    rows = visible(Response.objects.filter(interaction_id__in=set(interaction_ids)), by=by).order_by("id")
    return {card.interaction_id: card for card in _cards(list(rows)) if card.interaction_id}


def responses(asked: Asked, *, by: Viewer, before: int | None = None, limit: int = 50) -> list[ResponseCard]:
    """The newest first, one more than ``limit`` where there are more; ``before`` is the last id of the page before."""
    rows = _asked(asked, by=by)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return _cards(list(rows.order_by("-id")[: limit + 1]))


def responses_since(asked: Asked, *, by: Viewer, after: int = 0, limit: int = 100) -> list[ResponseCard]:
    """In the order in which they came in, for a program that reads on from where it stopped."""
    rows = _asked(asked, by=by).filter(pk__gt=after)
    return _cards(list(rows.order_by("id")[: limit + 1]))


def count_listed(asked: Asked, *, by: Viewer) -> int:
    """How long the whole list is: responses, or answers where it is about those that a figure reads."""
    rows, read = _asked(asked, by=by), read_by(asked)
    return read.count(rows) if read else rows.count()


def read_by(asked: Asked) -> Read | None:
    """Which answers of its responses the list is about; None where it is about whole responses."""
    return behind(asked.measure, dimension=asked.dimension, survey=asked.survey, question=asked.question)


def flags(card: ResponseCard) -> tuple[str, ...]:
    """Why this answer may not be a customer's own (S69). It is kept and counted; somebody should look."""
    found = []
    seconds = card.attributes.get("seconds")
    if isinstance(seconds, int | float) and seconds < TOO_FAST.total_seconds():
        found.append("fast")
    sender = card.attributes.get("sender")
    if isinstance(sender, str):
        # The ids of a day bound the search; no index is paid for by every submission.
        day = Response.objects.filter(
            pk__gte=first_id_at(card.received_at - DAY), pk__lt=first_id_at(card.received_at + DAY)
        )
        if day.filter(attributes__sender=sender)[:CROWD].count() >= CROWD:
            found.append("crowd")
    return tuple(found)


def _asked(asked: Asked, *, by: Viewer) -> QuerySet[Response]:
    rows = visible(Response.objects.all(), by=by)
    if asked.survey:
        rows = rows.filter(survey_version_id__in=version_ids(asked.survey))
    if asked.touchpoint_id is not None:
        rows = rows.filter(touchpoint_id=asked.touchpoint_id)
    if asked.moment:
        rows = rows.filter(interaction_id__in=at_moment(asked.moment))
    if asked.brand or asked.segment:
        rows = rows.filter(customer_id__in=in_group(brand=asked.brand, segment=asked.segment))
    if asked.version is not None:
        rows = rows.filter(survey_version_id__in=[card.id for card in numbered(asked.version, survey=asked.survey)])
    if asked.channel:
        rows = rows.filter(
            Q(interaction_id__in=through(asked.channel)) | Q(interaction_id__isnull=True, source=asked.channel)
        )
    if asked.staff_id is not None:
        rows = rows.filter(served_by=asked.staff_id)
    if asked.complaint is not None:
        was = Q(interaction_id__isnull=False, interaction_id__in=complaints())
        rows = rows.filter(was if asked.complaint else ~was)
    if asked.units is not None:
        rows = rows.filter(unit_id__in=asked.units)
    if asked.lowest is not None:
        rows = rows.filter(headline__gte=asked.lowest)
    if asked.highest is not None:
        rows = rows.filter(headline__lte=asked.highest)
    if asked.since is not None:
        # Nobody answers later than it comes in, clocks apart: the ids bound the search, the moments decide.
        rows = rows.filter(pk__gte=first_id_at(asked.since - AHEAD), answered_at__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(answered_at__lt=asked.until)
    if asked.only_with_comment:
        rows = rows.exclude(comment="")
    read = read_by(asked)
    return read.narrowed(rows) if read else rows


def _cards(rows: Sequence[Response]) -> list[ResponseCard]:
    """Three statements however many rows there are."""
    versions = versions_by_id({row.survey_version_id for row in rows})
    answers: dict[int, list[Answer]] = {}
    for answer in Answer.objects.filter(response_id__in=[row.pk for row in rows]).order_by("id"):
        answers.setdefault(answer.response_id, []).append(answer)
    return [_card(row, versions.get(row.survey_version_id), answers.get(row.pk, [])) for row in rows]


_PLAIN = (
    *("id", "customer_id", "staff_id", "invitation_id", "interaction_id", "case_id", "purpose", "survey_version_id"),
    *("source", "external_id", "scenario_id", "touchpoint_id", "unit_id", "served_by", "language", "headline"),
    *("wants_contact", "answered_at", "received_at", "attributes"),
)


def _card(row: Response, version: VersionCard | None, answers: Sequence[Answer]) -> ResponseCard:
    questionnaire = version.questionnaire if version else None
    follow_up = questionnaire.follow_up if questionnaire else None
    kinds = {question.key: question.kind for question in questionnaire.questions} if questionnaire else {}
    scores, texts = {}, {}
    ticked: dict[str, tuple[str, ...]] = {}
    for answer in answers:
        kind = kinds.get(answer.question, Kind.CHOICE)
        if kind is Kind.SCALE and answer.value is not None:
            scores[answer.question] = answer.value
        elif kind is Kind.TEXT:
            texts[answer.question] = scrub(answer.raw)
        else:
            ticked[answer.question] = (*ticked.get(answer.question, ()), answer.raw)
    plain = {name: getattr(row, name) for name in _PLAIN}
    low_to = follow_up.low_to if follow_up else None
    return ResponseCard(**plain, low_to=low_to, comment=scrub(row.comment), scores=scores, ticked=ticked, texts=texts)
