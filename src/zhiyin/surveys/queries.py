"""Questions about questionnaires. What is asked is no secret, so any viewer may; screens ask for their permission."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from zhiyin.lib.errors import NotFound
from zhiyin.lib.lately import Lately
from zhiyin.lib.text import Text
from zhiyin.surveys.models import SurveyVersion
from zhiyin.surveys.rules import Questionnaire, parse


@dataclass(frozen=True)
class VersionCard:
    """One version with its questions, as it was published."""

    id: int
    survey: str
    number: int
    published_at: datetime
    published_by: str
    questionnaire: Questionnaire
    is_current: bool = True


@dataclass(frozen=True)
class SurveyCard:
    """One line of the list."""

    key: str
    name: Text
    purpose: str
    number: int
    questions: int
    published_at: datetime


def surveys() -> list[SurveyCard]:
    """Every survey with a published version, by key."""
    return [
        SurveyCard(
            key=row.survey.key,
            name=row.survey.name,
            purpose=row.survey.purpose,
            number=row.number,
            questions=len(questionnaire_of(row).questions),
            published_at=_published(row),
        )
        for row in _current().order_by("survey__key")
    ]


def current_version(key: str) -> VersionCard:
    """The version that is asked now. Raises NotFound."""
    row = _current().filter(survey__key=key).first()
    if row is None:
        raise NotFound(_("There is no published survey with this key."), next_step=_("See the list of surveys."))
    return _card(row)


def current_versions() -> dict[str, VersionCard]:
    """Survey key → the version that is asked now."""
    return {row.survey.key: _card(row) for row in _current()}


def current_version_ids() -> dict[str, int]:
    """Survey key → key of the version that is asked now, without reading any questions: the hot path of deciding."""
    return _current_ids()


@lru_cache(maxsize=1024)
def spoken_in(version_id: int) -> tuple[str, ...]:
    """The languages of a published version, the first one first. Asked for every batch; it never changes."""
    card = version(version_id)
    return card.questionnaire.languages if card else ()


def version(version_id: int) -> VersionCard | None:
    """The version that an answer or an invitation names; None for an unknown id."""
    row = SurveyVersion.objects.select_related("survey").filter(pk=version_id).exclude(published_at=None).first()
    return _card(row) if row else None


def version_numbered(key: str, number: int) -> VersionCard | None:
    """A survey's version by its number, in use or not; None where there is none."""
    rows = SurveyVersion.objects.select_related("survey").filter(survey__key=key, number=number)
    row = rows.exclude(published_at=None).first()
    return _card(row) if row else None


def versions_by_id(ids: set[int]) -> dict[int, VersionCard]:
    """The published ones among these. Every received answer asks for one; whether it is the current one may be two
    seconds old."""
    known = _known()
    if missing := ids - known.keys():
        rows = SurveyVersion.objects.select_related("survey").filter(pk__in=missing)
        known |= {row.pk: _card(row) for row in rows.exclude(published_at=None)}
    return {one: known[one] for one in ids if one in known}


def versions(key: str) -> list[VersionCard]:
    """All versions of a survey, the newest first."""
    rows = SurveyVersion.objects.select_related("survey").filter(survey__key=key).exclude(published_at=None)
    return [_card(row) for row in rows.order_by("-number")]


def version_ids(key: str) -> list[int]:
    """Every version of a survey, to find its answers by. Empty for an unknown key."""
    return list(SurveyVersion.objects.filter(survey__key=key).values_list("pk", flat=True))


def newest_version() -> VersionCard | None:
    """The version published last, of whichever survey: its words stand on the page for links that do not open."""
    rows = SurveyVersion.objects.select_related("survey").exclude(published_at=None)
    row = rows.order_by("-published_at", "-pk").first()
    return _card(row) if row else None


def questionnaire_of(row: SurveyVersion) -> Questionnaire:
    """Read once per process: a published version never changes."""
    return _questionnaire(row.pk)


@lru_cache(maxsize=256)
def _questionnaire(version_id: int) -> Questionnaire:
    return parse(SurveyVersion.objects.values_list("content", flat=True).get(pk=version_id))


def _card(row: SurveyVersion) -> VersionCard:
    return VersionCard(
        id=row.pk,
        survey=row.survey.key,
        number=row.number,
        published_at=_published(row),
        published_by=row.published_by,
        questionnaire=questionnaire_of(row),
        is_current=row.number == row.survey.current,
    )


def _published(row: SurveyVersion) -> datetime:
    assert row.published_at is not None  # every query here leaves drafts out
    return row.published_at


def _read_current_ids() -> dict[str, int]:
    return dict(_current().values_list("survey__key", "pk"))


def _none_yet() -> dict[int, VersionCard]:
    return {}


_current_ids = Lately(_read_current_ids)
_known = Lately(_none_yet)


def forget_current() -> None:
    """This process has published one."""
    _current_ids.forget()
    _known.forget()


def _current() -> QuerySet[SurveyVersion]:
    rows = SurveyVersion.objects.select_related("survey").exclude(published_at=None)
    return rows.filter(number=F("survey__current"))
