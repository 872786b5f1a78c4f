"""Cutting figures by what became of a case: clock, handling result, cause, gap, priority, what set it off."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import override

from zhiyin.cases.models import Case
from zhiyin.cases.reading import NoTerms, terms_in_force
from zhiyin.cases.rules.texts import cause_named, gap_named
from zhiyin.cases.words import REASONS
from zhiyin.journey.dimensions import column_named, labelled
from zhiyin.lib.text import Text, both, pick
from zhiyin.metrics.language import Dimension

# The handling result: of a case as it stands, and of an answer in the customer's own words.
OUTCOMES: Mapping[str, Text] = {
    "open": both("处理中", "In hand"),
    "paused": both("等客户", "Waiting for the customer"),
    "solved": both("已解决", "Solved"),
    "solved_again": both("重开后解决", "Solved after being opened again"),
    "reopened": both("重开处理中", "Opened again"),
    "yes": both("客户说解决了", "Customer says: solved"),
    "partly": both("客户说解决了一部分", "Customer says: partly"),
    "no": both("客户说没解决", "Customer says: not solved"),
    "": both("不涉及", "Does not apply"),
}
STATES: Mapping[str, Text] = {
    Case.State.OPEN: both("处理中", "In hand"),
    Case.State.PAUSED: both("等客户", "Waiting for the customer"),
    Case.State.CLOSED: both("已办结", "Closed"),
}
PRIORITIES: Mapping[str, Text] = {"normal": both("普通", "Normal"), "high": both("高", "High")}


def case_dimensions(facts: frozenset[str], *, timed: frozenset[str], told: frozenset[str]) -> list[Dimension]:
    """``timed``: facts of clocks; ``told``: facts that know a handling result."""
    return [
        Dimension(
            key="outcome",
            name=both("处理结果", "Handling result"),
            facts=told,
            column=column_named("outcome"),
            labels=labelled(lambda: OUTCOMES),
        ),
        Dimension(
            key="clock", name=both("时限", "Clock"), facts=timed, column=column_named("clock"), labels=clock_labels
        ),
        Dimension(
            key="case_reason",
            name=both("立案原因", "What set it off"),
            facts=facts,
            column=column_named("case_reason"),
            labels=reason_labels,
        ),
        Dimension(
            key="case_state",
            name=both("工单状态", "Case state"),
            facts=facts,
            column=column_named("case_state"),
            labels=labelled(lambda: STATES),
        ),
        Dimension(
            key="priority",
            name=both("优先级", "Priority"),
            facts=facts,
            column=column_named("priority"),
            labels=labelled(lambda: PRIORITIES),
        ),
        Dimension(
            key="cause", name=both("根因", "Cause"), facts=facts, column=column_named("cause"), labels=cause_labels
        ),
        Dimension(
            key="gap", name=both("服务差距", "Service gap"), facts=facts, column=column_named("gap"), labels=gap_labels
        ),
    ]


def reason_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    with override(language):
        return {one: str(REASONS[one]) for one in values if one in REASONS}


def clock_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    try:
        clocks = terms_in_force().terms.clocks
    except NoTerms:
        return {}
    named = {clock.key: clock.name for clock in clocks if clock.name}
    return {one: pick(named[one], language) for one in values if one in named}


def cause_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    return _named(values, language, cause_named)


def gap_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    return _named(values, language, gap_named)


def _named(values: Sequence[Any], language: str, find: Any) -> dict[Any, str]:
    try:
        content = terms_in_force().content
    except NoTerms:
        return {}
    found = {one: find(content, one) for one in values if one}
    return {one: pick(thing.name, language) for one, thing in found.items() if thing is not None}
