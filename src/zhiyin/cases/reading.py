"""From rows to what the rules understand: facts, terms, calendars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from zhiyin.cases.models import Case, Pause, Problem, TermsVersion
from zhiyin.cases.rules import facts as rules
from zhiyin.cases.rules.clocks import Deadline, deadlines
from zhiyin.cases.rules.terms import Clock, Terms, clocks_of, frozen, terms_of
from zhiyin.lib.errors import Refused

MOMENTS = (
    *("opened_at", "dispatched_at", "connected_at", "committed_at", "promised_for", "completed_at", "confirmed_at"),
    *("called_back_at", "agreed_at", "closed_at", "escalated_at"),
)


class NoTerms(Refused):
    """There is no version of the terms yet, so nothing can be promised."""

    code = "no_terms"


@dataclass(frozen=True)
class Version:
    """One version of the terms: what the rules need, and the texts and trees as the pack brought them."""

    number: int
    terms: Terms
    frozen: list[dict[str, Any]]  # what a case keeps of the clocks
    content: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reckoned:
    """A case with its facts and its deadlines worked out."""

    case: Case
    facts: rules.CaseFacts
    clocks: tuple[Clock, ...]
    version: Version
    deadlines: tuple[Deadline, ...]


def terms_in_force() -> Version:
    """The newest version. Raises NoTerms on an installation without any."""
    row = TermsVersion.objects.order_by("-number").values_list("number", "digest").first()
    if row is None:
        raise NoTerms(_("There are no terms for cases yet."), next_step=_("Apply an industry pack first."))
    return _version(*row)


def versions(numbers: Iterable[int]) -> dict[int, Version]:
    """Versions by number, with one query."""
    rows = TermsVersion.objects.filter(number__in=set(numbers)).values_list("number", "digest")
    return {number: _version(number, digest) for number, digest in rows}


def reckoned(cases: Iterable[Case]) -> list[Reckoned]:
    """Each case with facts and deadlines, in the same order. Three queries, however many cases there are."""
    rows = list(cases)
    keys = [row.pk for row in rows]
    pauses: dict[int, list[rules.Stretch]] = {}
    for pause in Pause.objects.filter(case_id__in=keys).order_by("began_at"):
        pauses.setdefault(pause.case_id, []).append(rules.Stretch(pause.began_at, pause.ended_at))
    problems: dict[int, list[rules.Problem]] = {}
    for problem in Problem.objects.filter(case_id__in=keys).order_by("found_at"):
        problems.setdefault(problem.case_id, []).append(rules.Problem(problem.found_at, problem.solved_at))
    known = versions(row.terms for row in rows)
    return [
        _reckon(row, known[row.terms], tuple(pauses.get(row.pk, ())), tuple(problems.get(row.pk, ()))) for row in rows
    ]


def reckon(case: Case) -> Reckoned:
    """One case with facts and deadlines."""
    return reckoned([case])[0]


def _reckon(
    case: Case, version: Version, pauses: tuple[rules.Stretch, ...], problems: tuple[rules.Problem, ...]
) -> Reckoned:
    facts = rules.CaseFacts(
        **{name: getattr(case, name) for name in MOMENTS},
        state=rules.State(case.state),
        owner_was_away=case.owner_was_away,
        owner_id=case.owner_id,
        about_id=case.about_id,
        cause=case.cause,
        gap=case.gap,
        pauses=pauses,
        problems=problems,
    )
    # Nearly always the case's own copy is what its version says, which has been read already.
    clocks = version.terms.clocks if case.clocks == version.frozen else clocks_of(case.clocks)
    found = deadlines(facts, clocks=clocks, calendars=version.terms.calendars)
    return Reckoned(case=case, facts=facts, clocks=clocks, version=version, deadlines=found)


@lru_cache(maxsize=16)
def _version(number: int, digest: str) -> Version:
    """Content and calendars take longer to read than to use; a version never changes, so what was built is kept."""
    content = TermsVersion.objects.values_list("content", flat=True).get(number=number, digest=digest)
    terms = terms_of(content, zone=settings.TIME_ZONE)
    return Version(number, terms, frozen(content["terms"]["clock"]), content)
