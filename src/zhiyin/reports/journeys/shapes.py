"""What the journey's pages are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from zhiyin.lib.intervals import Estimate
from zhiyin.reports.journeys.drawing import Drawing
from zhiyin.reports.journeys.rules import Tone

FILTERS = ("period", "from", "to", "unit", "segment", "brand", "touchpoint")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One moment's card. ``score`` is None below the floor; ``arrow`` is set only where the change is significant."""

    key: str
    name: str
    touchpoint: str
    stage: str
    n: int
    score: Estimate | None
    tone: Tone
    arrow: str  # "up", "down" or nothing: of all arrows on the map at most 5 % are chance
    change: float | None
    pull: float  # by how much it moves the whole journey's rate
    url: str
    panel_url: str
    push_url: str
    is_chosen: bool = False

    @property
    def half(self) -> float | None:
        return (self.score.high - self.score.low) / 2 if self.score else None

    @property
    def cost(self) -> float:
        """How far it pulls the whole down; below zero where it pulls up."""
        return -self.pull


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage's chevron and column."""

    key: str
    name: str
    definition: str
    n: int
    score: Estimate | None
    tone: Tone
    moments: Sequence[Moment]
    folded: Sequence[Moment]

    @property
    def all_moments(self) -> list[Moment]:
        return [*self.moments, *self.folded]


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What the map says first: the costliest moment, how it moved, what it costs."""

    lead: str
    moved: str
    cost: str
    moment: Moment


@dataclass(frozen=True, kw_only=True)
class JourneyScreen:
    """Everything on the page. ``unplaced``: answers that name no moment of the map."""

    stages: Sequence[Stage]
    line: Drawing | None
    whole: Estimate | None
    n: int
    conclusion: Conclusion | None
    costly: Sequence[Moment]
    moved: Sequence[Moment]
    touchpoints: int
    unplaced: int

    @property
    def moments(self) -> list[Moment]:
        """All of them, the costliest first; those with too few answers last."""
        found = [one for stage in self.stages for one in stage.all_moments]
        return sorted(found, key=lambda one: (one.score is None, one.pull, one.name))


@dataclass(frozen=True)
class Addresses:
    """Links that keep the screen's period and filters."""

    kept: Mapping[str, str]

    @staticmethod
    def of(query: Mapping[str, str]) -> "Addresses":
        return Addresses({name: query[name][:60] for name in FILTERS if query.get(name)})

    def journeys(self, **more: str) -> str:
        return _with(reverse("journey:journeys"), {**self.kept, **more})

    def moment(self, key: str, **more: str) -> str:
        return _with(reverse("journey:moment", args=[key]), {**self.kept, **more})


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
