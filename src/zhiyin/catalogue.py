"""EVERYTHING WE COUNT ON ONE PAGE: the facts, the measures over them and the dimensions that cut them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from zhiyin.cases import facts as case_facts
from zhiyin.cases import measures as cases
from zhiyin.cases.dimensions import case_dimensions
from zhiyin.journey import measures as journey
from zhiyin.journey.dimensions import attribute_dimensions, column_named, journey_dimensions, labelled
from zhiyin.journey.facts import COUNTERS
from zhiyin.lib.text import Text, both
from zhiyin.metrics.composites import Composite, as_measure, in_force
from zhiyin.metrics.language import Dimension, Fact, Measure
from zhiyin.metrics.times import time_dimensions
from zhiyin.outreach import facts as outreach_facts
from zhiyin.outreach import measures as outreach
from zhiyin.outreach.dimensions import outreach_dimensions
from zhiyin.people.dimensions import level_dimensions, unit_dimensions
from zhiyin.responses import facts as response_facts
from zhiyin.responses import measures as responses
from zhiyin.surveys.dimensions import survey_dimensions

# Opening and answering change an invitation; only up here are both rooms in sight.
INVITATIONS = replace(
    outreach_facts.INVITATIONS,
    touched_by={
        **outreach_facts.INVITATIONS.touched_by,
        "responses.links_opened": response_facts.links_opened,
        "responses.received": response_facts.invitations_answered,
    },
)
FACTS: tuple[Fact, ...] = (
    response_facts.ANSWERS,
    response_facts.GAPS,
    outreach_facts.INTERACTIONS,
    outreach_facts.CHECKS,
    INVITATIONS,
    case_facts.CASES,
    case_facts.CLOCKS,
    COUNTERS,
)
# The source gives the weights and names the three parts; what stands for each, and that each is brought to 0–100, is
# our default (S2.1). People may define another version.
COMPOSITES: tuple[Composite, ...] = (
    Composite(
        key="care_index",
        name=both("客户关怀指数", "Care index"),
        definition=both(
            "0.7×服务质量 + 0.15×客户关怀 + 0.15×市场领先，满分 100。权重来自原文；用什么代表三项是我们的默认："
            "服务质量取满意度得分（百分制），客户关怀取关怀感受得分，市场领先取 NPS 换算到 0–100。",
            "0.7 × service quality + 0.15 × care + 0.15 × market leadership, of 100. The weights are the source's; "
            "what stands for the three is our default: the satisfaction index, felt care, and NPS moved to 0–100.",
        ),
        formula="quality * satisfaction_index + care * care_score + leadership * (nps + 100) / 2",
        weights={"quality": 0.7, "care": 0.15, "leadership": 0.15},
        source="S2.1",
    ),
)
FIXED_MEASURES: dict[str, Measure] = {
    measure.key: measure for measure in (*responses.MEASURES, *outreach.MEASURES, *cases.MEASURES, *journey.MEASURES)
}


class Measures(Mapping[str, Measure]):
    """Our own measures and the composites in force; one object for each version, as engines keep plans by that."""

    _composites: ClassVar[dict[tuple[str, int], Measure]] = {}

    def __getitem__(self, key: str) -> Measure:
        return FIXED_MEASURES[key] if key in FIXED_MEASURES else self._made()[key]

    def __iter__(self) -> Iterator[str]:
        return iter({**FIXED_MEASURES, **self._made()})

    def __len__(self) -> int:
        return len(FIXED_MEASURES) + len(self._made())

    def _made(self) -> dict[str, Measure]:
        found = {}
        for key, one in in_force().items():
            if (key, one.number) not in self._composites:
                self._composites[key, one.number] = as_measure(one)
            found[key] = self._composites[key, one.number]
        return found


MEASURES = Measures()

EVERYWHERE = frozenset(fact.name for fact in FACTS)
ANSWERED = frozenset({"answers", "gaps"})
HAPPENED = frozenset({"interactions", "checks"})
FOLLOWED = frozenset({"cases", "clocks"})
SERVED = ANSWERED | HAPPENED | FOLLOWED | {"invitations"}  # everything but what other systems merely counted


YES_OR_NO: Mapping[bool, Text] = {True: both("是", "Yes"), False: both("否", "No")}


def _flag(key: str, name: Text, facts: frozenset[str]) -> Dimension:
    return Dimension(key=key, name=name, facts=facts, column=column_named(key), labels=labelled(lambda: YES_OR_NO))


def _plain(key: str, name: Text, facts: frozenset[str]) -> Dimension:
    return Dimension(key=key, name=name, facts=facts, column=column_named(key))


FIXED: tuple[Dimension, ...] = (
    *time_dimensions(EVERYWHERE, hourly=SERVED),
    *unit_dimensions(EVERYWHERE, staffed=SERVED),
    *journey_dimensions(placed=EVERYWHERE, scenes=SERVED, moments=SERVED, scored=ANSWERED, hourly=SERVED),
    *survey_dimensions(ANSWERED, scored=frozenset({"answers"})),
    *outreach_dimensions(channelled=SERVED, decided=frozenset({"interactions"}), invited=frozenset({"invitations"})),
    _plain("brand", both("品牌", "Brand"), SERVED),
    _plain("segment", both("客群", "Segment"), SERVED),
    _flag("complaint", both("投诉标记", "Complaint flag"), SERVED),
    _flag("begged", both("要分标记", "Score begged for"), ANSWERED | HAPPENED | {"invitations"}),
    *case_dimensions(FOLLOWED, timed=frozenset({"clocks"}), told=FOLLOWED | ANSWERED),
    _plain("source", both("来源", "Source"), ANSWERED | {"counters"}),
    _plain("item", both("清单条目", "Checklist item"), frozenset({"checks"})),
    _plain("counter", both("漏斗步骤", "Funnel step"), frozenset({"counters"})),
)


class Dimensions(Mapping[str, Dimension]):
    """Our own dimensions, the levels of the organisation as it stands, and the attributes that were declared."""

    _fixed: ClassVar[dict[str, Dimension]] = {one.key: one for one in FIXED}

    def __getitem__(self, key: str) -> Dimension:
        return self._fixed[key] if key in self._fixed else self._moving()[key]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._fixed, **self._moving()})

    def __len__(self) -> int:
        return len(self._fixed) + len(self._moving())

    @staticmethod
    def _moving() -> dict[str, Dimension]:
        found = (*level_dimensions(EVERYWHERE), *attribute_dimensions(SERVED))
        return {one.key: one for one in found}


DIMENSIONS = Dimensions()
