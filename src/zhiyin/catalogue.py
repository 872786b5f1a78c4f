"""EVERYTHING WE COUNT ON ONE PAGE: the facts, the measures over them and the dimensions that cut them."""

from dataclasses import replace
from typing import Any

from zhiyin.cases import measures as cases
from zhiyin.lib.text import both
from zhiyin.metrics.language import Dimension, Fact, Measure
from zhiyin.outreach import measures as outreach
from zhiyin.responses import measures as responses

# Opening and answering change an invitation; only up here are both rooms in sight.
INVITATIONS = replace(
    outreach.INVITATIONS,
    touched_by={
        **outreach.INVITATIONS.touched_by,
        "responses.links_opened": responses.links_opened,
        "responses.received": responses.invitations_answered,
    },
)
FACTS: tuple[Fact, ...] = (responses.ANSWERS, outreach.INTERACTIONS, INVITATIONS, cases.CLOCKS)
MEASURES: dict[str, Measure] = {
    measure.key: measure for measure in (*responses.MEASURES, *outreach.MEASURES, *cases.MEASURES)
}

ANSWERS = frozenset({"answers"})
EVERYWHERE = frozenset(fact.name for fact in FACTS)
ASKED = EVERYWHERE - {"clocks"}


def _column(name: str) -> Any:
    return lambda rows: rows[name]


def _period(unit: str) -> Any:
    return lambda rows: rows.day.truncate(unit).cast("string")


DIMENSIONS: dict[str, Dimension] = {
    one.key: one
    for one in (
        Dimension(key="touchpoint", name=both("触点", "Touchpoint"), facts=EVERYWHERE, column=_column("touchpoint")),
        Dimension(key="unit", name=both("组织单元", "Unit"), facts=EVERYWHERE, column=_column("unit_id")),
        Dimension(key="staff", name=both("人员", "Staff"), facts=EVERYWHERE, column=_column("staff_id")),
        Dimension(key="scenario", name=both("场景", "Scenario"), facts=ASKED, column=_column("scenario")),
        Dimension(key="channel", name=both("通道", "Channel"), facts=ASKED, column=_column("channel")),
        Dimension(key="day", name=both("日", "Day"), facts=EVERYWHERE, column=lambda rows: rows.day.cast("string")),
        Dimension(key="week", name=both("周", "Week"), facts=EVERYWHERE, column=_period("W")),
        Dimension(key="month", name=both("月", "Month"), facts=EVERYWHERE, column=_period("M")),
        Dimension(key="question", name=both("题目", "Question"), facts=ANSWERS, column=_column("question")),
        Dimension(key="dimension", name=both("维度", "Dimension"), facts=ANSWERS, column=_column("dimension")),
        Dimension(key="survey", name=both("问卷", "Survey"), facts=ANSWERS, column=_column("survey")),
        Dimension(key="version", name=both("问卷版本", "Survey version"), facts=ANSWERS, column=_column("version")),
        Dimension(key="score", name=both("分数", "Score"), facts=ANSWERS, column=_column("value")),
        Dimension(key="brand", name=both("品牌", "Brand"), facts=ANSWERS, column=_column("brand")),
        Dimension(key="segment", name=both("客群", "Segment"), facts=ANSWERS, column=_column("segment")),
        Dimension(key="language", name=both("语言", "Language"), facts=ANSWERS, column=_column("language")),
        Dimension(key="source", name=both("来源", "Source"), facts=ANSWERS, column=_column("source")),
        Dimension(
            key="moment",
            name=both("关键时刻", "Moment"),
            facts=frozenset({"answers", "interactions"}),
            column=_column("moment"),
        ),
        Dimension(
            key="complaint",
            name=both("投诉标记", "Complaint flag"),
            facts=frozenset({"answers", "interactions"}),
            column=_column("complaint"),
        ),
        Dimension(
            key="reason",
            name=both("未邀请原因", "Reason"),
            facts=frozenset({"interactions"}),
            column=_column("reason"),
        ),
        Dimension(key="state", name=both("状态", "State"), facts=frozenset({"invitations"}), column=_column("state")),
        Dimension(key="clock", name=both("时限", "Clock"), facts=frozenset({"clocks"}), column=_column("clock")),
    )
}
