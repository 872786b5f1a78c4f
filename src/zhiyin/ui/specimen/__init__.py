"""Example values for the specimen page: one invented story, so that the parts can be looked at side by side.

Shown only where ``UI_SPECIMEN`` or ``DEBUG`` is on. Nothing here reaches a real screen.
"""

from datetime import datetime, timedelta

from zhiyin.ui import cards
from zhiyin.ui.specimen import drawn, measured, words, worked
from zhiyin.ui.specimen.words import say


def specimen_cards(*, now: datetime) -> dict[str, object]:
    """Everything that ``ui/specimen.html`` shows."""
    return {
        "now": now,
        "kpis": measured.kpis(),
        "more_kpis": measured.more_kpis(),
        "trend": drawn.trend(),
        "contribution": drawn.contribution(),
        "effect": drawn.effect(),
        "importance": drawn.importance(),
        "hours": drawn.hours(),
        "pareto": drawn.pareto(),
        "heat_rows": measured.heat_rows(),
        "heat_columns": [
            say("行为", "Behaviour"),
            say("价值", "Value"),
            say("安全", "Safety"),
            say("便捷", "Convenience"),
        ],
        "heat_scale": cards.HeatScale(centre=0.786, step=0.018),
        "verdicts": [cards.Verdict(word) for word in cards.Word],
        "funnel": measured.funnel(),
        "reasons": measured.reasons(),
        "steps": worked.five_c(),
        "happenings": worked.happenings(now),
        "deadlines": worked.deadlines(now),
        "queue": worked.queue(now),
        "crumbs": [cards.Crumb(say("设计参考", "Design"), "/"), cards.Crumb(say("部件", "Parts"))],
        "tabs": [
            cards.Tab(say("题目", "Questions"), "?tab=1", 8, True),
            cards.Tab(say("下发规则", "Rules"), "?tab=2", 5),
            cards.Tab(say("结果", "Results"), "?tab=3"),
        ],
        "hostile": words.HOSTILE,
        "as_of": now - timedelta(minutes=40),
    }
