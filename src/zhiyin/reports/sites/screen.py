"""What the comparison of sites shows: those at one level with interval, difference, limits, and adjusted value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhiyin.lib.intervals import FLOOR, Estimate, Sample, Verdict
from zhiyin.lib.spread import Spread, funnel, within
from zhiyin.lib.text import pick
from zhiyin.metrics.asking import usable_dimensions
from zhiyin.metrics.comparing import BOUNDS, Change, compare_many, sample_of
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Measure, Unit
from zhiyin.metrics.ranking import Ranked, funnel_limits, ranked, spread
from zhiyin.people.queries import UnitCard, units_of
from zhiyin.reports import drawing
from zhiyin.reports.figures import Desk
from zhiyin.reports.frame import Table
from zhiyin.reports.records import list_url
from zhiyin.reports.sites.rules import Adjusted, Place, added, adjusted, ancestors_at, less, rolled_up
from zhiyin.ui import cards
from zhiyin.ui.numerals import change as written_change
from zhiyin.ui.numerals import change_with_interval, interval, level, plain, scale_of

MIXES = ("touchpoint", "segment")
SHOWN = 100  # rows of the table; the plot has all
STEPS = 40  # corners of a limit's line


@dataclass(frozen=True)
class Site:
    """One unit with everything below it."""

    unit: UnitCard
    n: int
    records_url: str
    url: str
    estimate: Estimate | None  # None below the floor
    whisker: drawing.Whisker | None
    change: str  # against all others, with its interval
    verdict: cards.Verdict | None
    rank: Ranked[int] | None
    adjusted: Adjusted | None
    limits: str  # "", "near" (outside 95 %) or "far" (outside 99.8 %)


@dataclass(frozen=True)
class Comparison:
    """The page. ``between``: the spread; ``rest`` answers belong to units above the chosen level."""

    measure: Measure
    name: str
    unit: str
    whole: Estimate | None
    n: int
    sites: Sequence[Site]
    few: int
    left_out: int
    rest: int
    between: Spread | None
    plot: drawing.FunnelPlot | None
    conclusion: str
    tone: cards.Tone

    @property
    def sign(self) -> str:
        return scale_of(self.unit).level


def choices(desk: Desk) -> list[tuple[str, str]]:
    """The measures that sites can be ranked by: those that units cut, that this page's filters cut, and whose figure is
    the mean of answers; a count, a spread or a distribution has no place in a row of the best."""
    return [
        (one.key, pick(one.name, desk.by.language))
        for one in measures().values()
        if one.is_mean and "unit" in usable_dimensions(one.fact) and desk.can_ask(one.key)
    ]


def levels(desk: Desk) -> list[tuple[int, int]]:
    """The depths of the tree with at least two units there, and how many: within the chosen unit, if one is chosen."""
    counts: dict[int, int] = {}
    for unit in _inside(desk):
        counts[unit.depth] = counts.get(unit.depth, 0) + 1
    return [(depth, count) for depth, count in sorted(counts.items()) if count > 1]


def _inside(desk: Desk) -> list[UnitCard]:
    """The units the viewer sees, of the chosen one and below."""
    units, chosen = units_of(by=desk.by), dict(desk.where).get("unit")
    if not chosen:
        return units
    found: set[int] = set()
    for unit in units:
        if unit.code == chosen or unit.parent_id in found:
            found.add(unit.id)
    return [unit for unit in units if unit.id in found]


def comparison(desk: Desk, key: str, depth: int, *, mix: str = "") -> Comparison:
    """Every unit at this depth beside the others, by one measure; ``mix`` adjusts for touchpoints or segments."""
    measure = measures()[key]
    units = {unit.id: unit for unit in _inside(desk)}
    above = ancestors_at(depth, [Place(unit.id, unit.parent_id, unit.depth) for unit in units.values()])
    by_unit = {int(figure.key[0]): figure.sums for figure in desk.ask(key, "unit").figures if figure.key[0] is not None}
    groups = {unit: sums for unit, sums in rolled_up(by_unit, above).items() if sums.get("n")}
    whole_sums = added(list(groups.values()))
    whole = measure.estimate(whole_sums) if groups else None
    everything = sum(int(sums.get("n", 0)) for sums in by_unit.values())
    enough = {unit: sums for unit, sums in groups.items() if sums["n"] >= FLOOR}
    ranks = ranked(measure, enough) if len(enough) > 1 else None
    maker = _Maker(
        desk=desk,
        measure=measure,
        whole=whole,
        estimates={unit: measure.estimate(sums) for unit, sums in enough.items()},
        changes=compare_many(measure, {unit: (sums, less(whole_sums, sums)) for unit, sums in enough.items()}),
        ranks={row.key: row for row in ranks.rows} if ranks else {},
        adjusted=_adjusted(desk, measure, above, enough, whole, mix) if mix and whole else {},
        outside=_outside(measure, enough, groups),
    )
    sites = [maker.site(units[unit], int(sums["n"])) for unit, sums in groups.items()]
    sites.sort(key=lambda one: _order(one, measure))
    between = spread(enough)
    lead, tone = _conclusion(sites, between, measure, desk.by.language)
    return Comparison(
        measure=measure,
        name=pick(measure.name, desk.by.language),
        unit=str(measure.unit),
        whole=whole,
        n=int(whole_sums.get("n", 0)),
        sites=sites[:SHOWN],
        few=sum(one.estimate is None for one in sites),
        left_out=max(len(sites) - SHOWN, 0),
        rest=everything - int(whole_sums.get("n", 0)),
        between=between,
        plot=_plot(sites, measure, groups, whole),
        conclusion=lead,
        tone=tone,
    )


def _order(site: Site, measure: Measure) -> tuple[bool, float]:
    """The best first, those with too few answers last."""
    value = site.estimate.value if site.estimate else -float(site.n)
    return site.estimate is None, -value if measure.higher_is_better and site.estimate else value


@dataclass(frozen=True, kw_only=True)
class _Maker:
    """Makes the rows out of what was asked once for all."""

    desk: Desk
    measure: Measure
    whole: Estimate | None
    estimates: Mapping[int, Estimate | None]
    changes: Mapping[int, Change | None]
    ranks: Mapping[int, Ranked[int]]
    adjusted: Mapping[int, Adjusted]
    outside: Mapping[int, str]

    def site(self, unit: UnitCard, n: int) -> Site:
        estimate, moved = self.estimates.get(unit.id), self.changes.get(unit.id)
        language, key = self.desk.by.language, self.measure.key
        written = ""
        if moved and moved.verdict is not Verdict.LOW_N:
            one = moved.difference
            written = change_with_interval(one.value, one.low, one.high, unit=str(self.measure.unit), language=language)
        better: Literal["up", "down"] = "up" if self.measure.higher_is_better else "down"
        return Site(
            unit=unit,
            n=n,
            records_url=list_url(self.desk, key, unit=unit.code),
            url=f"?{urlencode({**self.desk.address, 'unit': unit.code, 'measure': key})}",
            estimate=estimate,
            whisker=self._whisker(estimate),
            change=written,
            verdict=cards.Verdict.of(moved.verdict, better) if moved and written else None,
            rank=self.ranks.get(unit.id),
            adjusted=self.adjusted.get(unit.id),
            limits=self.outside.get(unit.id, ""),
        )

    def _whisker(self, estimate: Estimate | None) -> drawing.Whisker | None:
        if estimate is None or self.whole is None:
            return None
        ends = [end for one in self.estimates.values() if one for end in (one.low, one.high)]
        return drawing.whisker(
            drawing.scale_over([*ends, self.whole.value]),
            low=estimate.low,
            value=estimate.value,
            high=estimate.high,
            centre=self.whole.value,
        )


def _adjusted(
    desk: Desk,
    measure: Measure,
    above: Mapping[int, int],
    enough: Mapping[int, Mapping[str, float]],
    whole: Estimate,
    mix: str,
) -> dict[int, Adjusted]:
    """Each site's figure without the effect of its mix."""
    strata: dict[int, dict[str, list[Mapping[str, float]]]] = {}
    everywhere: dict[str, list[Mapping[str, float]]] = {}
    for figure in desk.ask(measure.key, "unit", mix).figures:
        unit, stratum = figure.key
        if (site := above.get(unit)) is not None:
            strata.setdefault(site, {}).setdefault(str(stratum), []).append(figure.sums)
            everywhere.setdefault(str(stratum), []).append(figure.sums)
    reference = _samples(everywhere)
    bounds = BOUNDS.get(measure.unit, (float("-inf"), float("inf")))
    found = {}
    for site, sums in enough.items():
        raw = measure.estimate(sums)
        one = raw and adjusted(raw, _samples(strata.get(site, {})), reference, centre=whole.value, bounds=bounds)
        if one:
            found[site] = one
    return found


def _samples(strata: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Sample]:
    return {key: sample for key, parts in strata.items() if (sample := sample_of(added(parts)))}


def _outside(
    measure: Measure, enough: Mapping[int, Mapping[str, float]], groups: Mapping[int, Mapping[str, float]]
) -> dict[int, str]:
    """Which sites lie outside the funnel's limits."""
    limits, found = funnel_limits(measure, groups), {}
    for site, sums in enough.items():
        sample = sample_of(sums)
        if sample and not limits[site].low <= sample.mean <= limits[site].high:
            is_far = not limits[site].far_low <= sample.mean <= limits[site].far_high
            found[site] = "far" if is_far else "near"
    return found


def _plot(
    sites: Sequence[Site], measure: Measure, groups: Mapping[int, Mapping[str, float]], whole: Estimate | None
) -> drawing.FunnelPlot | None:
    """Value by size. Sites with too few answers are not drawn: a point says a rate."""
    drawn = [site for site in sites if site.estimate]
    if whole is None or len(drawn) < 2:
        return None
    samples = [sample for sums in groups.values() if (sample := sample_of(sums))]
    answers = whole.value * (1 - whole.value) if measure.unit == Unit.SHARE else within(samples)
    largest = max(site.n for site in drawn)
    sizes = sorted({max(FLOOR // 2, round(largest * step / STEPS)) for step in range(1, STEPS + 1)})
    bounds = BOUNDS.get(measure.unit, (float("-inf"), float("inf")))
    limits = [
        drawing.Limits(one.n, one.low, one.high, one.far_low, one.far_high)
        for one in funnel(sizes, centre=whole.value, answers=answers, bounds=bounds)
    ]
    sign = scale_of(str(measure.unit)).level
    placed = [
        drawing.Placed(
            label=site.unit.name,
            n=site.n,
            value=site.estimate.value,
            title=f"{site.unit.name} {level(site.estimate.value, unit=str(measure.unit))}{sign} n = {plain(site.n)}",
            url=site.records_url,
            tone=_tone(site, whole, measure),
        )
        for site in drawn
        if site.estimate
    ]
    return drawing.funnel_plot(placed, limits, centre=whole.value)


def _tone(site: Site, whole: Estimate, measure: Measure) -> str:
    if not site.limits or site.estimate is None:
        return ""
    return "good" if (site.estimate.value > whole.value) is measure.higher_is_better else "bad"


def _conclusion(
    sites: Sequence[Site], between: Spread | None, measure: Measure, language: str
) -> tuple[str, cards.Tone]:
    """What is said first: how far sites truly lie apart, and how many differ."""
    if between is None:
        return "", ""
    if between.deviation == 0 or between.chance >= 0.05:
        return _("The sites cannot be told apart: chance alone explains their differences."), ""
    differing = [site for site in sites if site.verdict and site.verdict.word in (cards.Word.UP, cards.Word.DOWN)]
    told = {
        "spread": written_change(between.deviation, unit=str(measure.unit), language=language).lstrip("+"),
        "count": len(differing),
        "all": between.groups,
    }
    lead = _("True differences between sites: a standard deviation of %(spread)s, beyond chance.") % told
    if not differing:
        return f"{lead} {_('Which ones it is cannot be said yet.')}", ""
    return f"{lead} {_('%(count)s of %(all)s differ from the others.') % told}", "warn"


def table(found: Comparison) -> Table:
    """The sites as a file."""
    rows = []
    for site in found.sites:
        one, moved = site.estimate, site.adjusted
        rows.append(
            (
                *(site.unit.code, site.unit.name, site.n),
                *((one.value, one.low, one.high) if one else (None, None, None)),
                *(site.change, moved.expected if moved else None, moved.estimate.value if moved else None),
                *((site.rank.rank_best, site.rank.rank_worst) if site.rank else (None, None)),
            )
        )
    headings = [
        *(_("Code"), _("Unit"), "n", found.name, _("interval from"), _("interval to"), _("against the others")),
        *(_("expected from its mix"), _("adjusted"), _("rank from"), _("rank to")),
    ]
    return Table("sites", headings, rows)


def spread_words(found: Comparison, language: str) -> dict[str, str]:
    """The spread as the card writes it."""
    one = found.between
    if one is None:
        return {}
    return {
        "deviation": written_change(one.deviation, unit=found.unit, language=language).lstrip("+"),
        "interval": interval(one.low, one.high, unit=found.unit, language=language),
        "alike": f"{level(one.alike)}%",
    }
