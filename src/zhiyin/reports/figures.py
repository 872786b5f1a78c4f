"""Asking the catalogue for what a screen shows: every figure through one door, within the viewer's units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from zhiyin.metrics.allowing import ByAgent, ask_by_design
from zhiyin.metrics.asking import Asked, answer_to, dimensions_of, question_of
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Answer
from zhiyin.people.access import Viewer
from zhiyin.people.tree import OrganisationTree
from zhiyin.ui.period import Period


@dataclass(frozen=True)
class Pair:
    """One question about this period and about the one before."""

    now: Answer
    before: Answer


@dataclass(frozen=True)
class Desk:
    """A viewer, a period, and the filters of the address (``touchpoint``, ``segment``, ``unit`` …)."""

    by: Viewer
    period: Period
    where: tuple[tuple[str, str], ...] = ()
    floor: int = 1  # a screen decides itself what it withholds; it needs n and sums of small groups too

    @property
    def address(self) -> Mapping[str, str]:
        """What the address of another page needs to be about the same period and the same part."""
        days = {"from": self.period.since.isoformat(), "to": self.period.until.isoformat()}
        return {**(days if self.period.key == "days" else {"period": self.period.key}), **dict(self.where)}

    def can_ask(self, measure: str) -> bool:
        """Whether every filter cuts this measure; where one does not, its figure would be about something else."""
        usable = {*dimensions_of(measures()[measure]), "unit"}
        return all(key in usable for key, _value in self.where)

    def ask(self, measure: str, *by: str, since: date | None = None, until: date | None = None, **where: str) -> Answer:
        """One question over the period, or over other days."""
        return answer_to(
            self._asked(measure, by, where, since, until), by=self.by, tree=OrganisationTree(), floor=self.floor
        )

    def ask_by_design(
        self, measure: str, cluster: str, *, since: date | None = None, until: date | None = None
    ) -> ByAgent:
        """The same figure beside one whose interval allows for answers of one ``cluster`` being alike. Costs a question
        by the cluster, which no roll-up answers."""
        asked = self._asked(measure, (), {}, since, until)
        question = question_of(asked, by=self.by, tree=OrganisationTree())
        return ask_by_design(question, cluster=cluster, floor=self.floor)

    def _asked(
        self, measure: str, by: tuple[str, ...], where: Mapping[str, str], since: date | None, until: date | None
    ) -> Asked:
        return Asked(
            measure=measure,
            by=by,
            where=(*self.where, *where.items()),
            since=since or self.period.since,
            until=until or self.period.until,
        )

    def pair(self, measure: str, *by: str, **where: str) -> Pair:
        """The same question about both periods."""
        period = self.period
        return Pair(
            self.ask(measure, *by, since=period.since, until=period.until, **where),
            self.ask(measure, *by, since=period.before_since, until=period.before_until, **where),
        )


def hits_by(answer: Answer) -> Mapping[str, tuple[float, float]]:
    """(hits, n) by the one dimension of a share's answer."""
    return {str(figure.key[0]): (figure.sums["hits"], figure.sums["n"]) for figure in answer.figures}


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def as_day(value: object) -> date:
    """A week or day as the mirror spells it."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value)[:10])
