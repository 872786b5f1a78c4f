"""The answers behind a figure, found in the record: the list that a number opens must be as long as the number says.

Figures come from the mirror, which cut the same answers by what their questionnaire version says of each question. Here
the same is said to the record: which versions there are, and which of their questions the figure reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from zhiyin.journey.queries import begged
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.rules import EVERY, READINGS, RECOVERY, questions_read
from zhiyin.surveys.queries import VersionCard, surveys, versions

Questions = tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """What a figure reads: of each version which questions, in surveys of which purpose (``recovery`` None: any).

    ``groups``: questions that several versions have in common, whether they are just the headline → those versions.
    """

    questions: Mapping[int, Questions]
    groups: Mapping[tuple[Questions, bool], list[int]]
    recovery: bool | None
    clean: bool = False

    def narrowed(self, rows: QuerySet[Response]) -> QuerySet[Response]:
        """Only the responses with such an answer."""
        if self.recovery is not None:
            rows = rows.filter(purpose=RECOVERY) if self.recovery else rows.exclude(purpose=RECOVERY)
        if self.clean:
            rows = rows.filter(Q(interaction_id=None) | ~Q(interaction_id__in=begged()))
        wanted = Q(pk__in=[])
        for (questions, is_headline), versions_read in self.groups.items():
            wanted |= Q(survey_version_id__in=versions_read) & _answered(questions, is_headline=is_headline)
        return rows.filter(wanted)

    def count(self, rows: QuerySet[Response]) -> int:
        """How many such answers these responses hold: two questions of one dimension are two."""
        if all(len(questions) == 1 for questions, _ in self.groups):
            return rows.count()
        return sum(
            _scored(questions).filter(response_id__in=rows.filter(survey_version_id__in=read).values("pk")).count()
            for (questions, _), read in self.groups.items()
        )


def _answered(questions: Questions, *, is_headline: bool) -> Q:
    # The headline's score stands on the response itself: no look at the answers is needed.
    if is_headline:
        return Q(headline__isnull=False)
    return Q(Exists(_scored(questions).filter(response_id=OuterRef("pk"))))


def _scored(questions: Questions) -> QuerySet[Answer]:
    return Answer.objects.filter(question__in=questions, value__isnull=False)


def behind(measure: str, *, dimension: str = "", survey: str = "", question: str = "") -> Read | None:
    """What this measure reads, of one dimension, one question or one survey.

    None: nothing in particular, every response counts.
    A measure that there is not reads nothing.
    """
    if not measure and not dimension and not question:
        return None
    reading = READINGS.get(measure) if measure else EVERY
    if reading is None:
        return Read({}, {}, None)
    found: dict[int, Questions] = {}
    groups: dict[tuple[Questions, bool], list[int]] = {}
    for card in _versions(survey):
        if questions := questions_read(reading, card.questionnaire, dimension=dimension, question=question):
            found[card.id] = questions
            groups.setdefault((questions, questions == (card.questionnaire.roles.headline,)), []).append(card.id)
    return Read(found, groups, reading.recovery, reading.clean)


def numbered(number: int, *, survey: str = "") -> list[VersionCard]:
    """The versions with this number, of one survey or of each."""
    return [card for card in _versions(survey) if card.number == number]


def _versions(survey: str) -> list[VersionCard]:
    keys = [survey] if survey else [card.key for card in surveys()]
    return [card for key in keys for card in versions(key)]
