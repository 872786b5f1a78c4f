"""The names under which templates know filters and parts. The settings load this library into every template."""

from collections.abc import Callable, Iterable

from django import template

from zhiyin.ui import components, filters, frames, states

Function = Callable[..., object]
register = template.Library()

FILTERS: Iterable[Function] = (
    filters.number,
    filters.headline,
    filters.percent,
    filters.points,
    filters.level,
    filters.unit_sign,
    filters.money,
    filters.duration,
)
PARTS: Iterable[Function] = (
    components.verdict,
    components.tag,
    components.kpi,
    components.interval_bar,
    components.bar,
    components.bars,
    components.funnel,
    components.heat_cell,
    components.heat_table,
    components.steps,
    components.sla_chip,
    components.stale,
    frames.chart_toggle,
    frames.tabs,
    frames.crumbs,
    states.skeleton,
)
PARTS_OF_THE_PAGE: Iterable[Function] = (components.timeline, frames.chart, frames.pager)
STATES: Iterable[Function] = (
    states.state_empty,
    states.state_filtered,
    states.state_few,
    states.state_error,
    states.state_forbidden,
)

for given in FILTERS:
    register.filter(given.__name__, given)
for part in PARTS:
    register.inclusion_tag(f"ui/parts/{part.__name__}.html")(part)
for part in PARTS_OF_THE_PAGE:
    register.inclusion_tag(f"ui/parts/{part.__name__}.html", takes_context=True)(part)
for state in STATES:
    register.inclusion_tag("ui/parts/state.html")(state)
register.simple_tag(components.icon)
register.simple_tag(takes_context=True)(components.when)
register.simple_tag(takes_context=True)(frames.block_again)
register.simple_tag(takes_context=True)(frames.needs_charts)
