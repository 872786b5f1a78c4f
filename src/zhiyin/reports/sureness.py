"""How much less sure a figure is because answers about one agent are alike, and whether its change stands with that."""

from dataclasses import dataclass

from zhiyin.lib.sampling import Design
from zhiyin.metrics.allowing import ByAgent, compare_by_design
from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.comparing import compare_figures
from zhiyin.metrics.engine import measures
from zhiyin.reports.figures import Desk
from zhiyin.ui import cards

CLUSTER = "staff"
WORTH_A_WORD = 1.05  # times as wide


@dataclass(frozen=True, kw_only=True)
class Sureness:
    """The interval that allows for agents. ``times`` is how many times as wide as the plain one it is; ``verdict`` is
    set only where the change has another one with it."""

    low: float
    high: float
    unit: str
    times: float
    design: Design
    verdict: cards.Verdict | None

    @property
    def about_agents(self) -> int:
        return self.design.n - self.design.alone

    @property
    def is_wider(self) -> bool:
        """Because answers are alike; that there are few agents widens an interval too, and says nothing of the kind."""
        return self.design.effect > 1 and self.times >= WORTH_A_WORD


def can_cluster(key: str) -> bool:
    """Whether the measure knows whose service its answers are about."""
    return CLUSTER in dimensions_of(measures()[key])


def sureness(desk: Desk, key: str) -> Sureness | None:
    """None where nothing is known of agents, fewer than two of them were rated, or the figure is withheld."""
    if not can_cluster(key) or CLUSTER in dict(desk.where):
        return None
    now = desk.ask_by_design(key, CLUSTER)
    plain, wide = now.plain.whole, now.answer.whole
    if () not in now.designs or plain.n < cards.FLOOR or None in (plain.low, plain.high, wide.low, wide.high):
        return None
    length = (plain.high or 0.0) - (plain.low or 0.0)
    return Sureness(
        low=wide.low or 0.0,
        high=wide.high or 0.0,
        unit=str(now.plain.measure.unit),
        times=((wide.high or 0.0) - (wide.low or 0.0)) / length if length else 1.0,
        design=now.designs[()],
        verdict=_other_verdict(desk, now),
    )


def _other_verdict(desk: Desk, now: ByAgent) -> cards.Verdict | None:
    measure, period = now.plain.measure, desk.period
    before = desk.ask_by_design(measure.key, CLUSTER, since=period.before_since, until=period.before_until)
    plain = compare_figures(measure, now.plain.whole, before.plain.whole)
    allowed = compare_by_design(now, before)
    if plain is None or allowed is None or plain.verdict is allowed.verdict:
        return None
    return cards.Verdict.of(allowed.verdict, "up" if measure.higher_is_better else "down")
