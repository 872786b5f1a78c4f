"""What cases can supply: promises kept in time, matters opened again, and what a recovery costs."""

from typing import Any

import ibis

from zhiyin.lib.text import both
from zhiyin.metrics.estimates import count_of, ratio_of, share_of
from zhiyin.metrics.language import Measure, Method, Unit


def _one(rows: Any) -> int:
    return 1


def _decided(rows: Any) -> Any:
    """Clocks that can be judged: done, or past their time at the moment up to which the facts are known."""
    return rows.due_at.notnull() & (rows.done_at.notnull() | (rows.due_at < rows.now))


def _recovered(rows: Any) -> Any:
    return ibis.ifelse(rows.is_closed, 1, 0)


MEASURES = (
    Measure(
        key="sla_attainment",
        name=both("时限达成率", "SLA attainment"),
        definition=both(
            "已有结果的工单时限中按时完成的占比；办晚了或到期未办都算没达成。",
            "Share of case clocks kept in time, of those that can be judged: late, and not done when due, is broken.",
        ),
        formula="count(done_at <= due_at) / count(done_at is set or due_at < now)",
        unit=Unit.SHARE,
        fact="clocks",
        at="began_at",
        where=_decided,
        sums={"n": _one, "hits": lambda rows: rows.done_at.notnull() & (rows.done_at <= rows.due_at)},
        estimate=share_of,
        source="S1.7, S1.8, S1.13",
    ),
    Measure(
        key="reopen_rate",
        name=both("重开率", "Reopen rate"),
        definition=both(
            "办结过的工单中又被重开的占比；八秒内撤销办结不算。",
            "Of cases that were ever closed, the share that had to be opened again; undone closing is none.",
        ),
        formula="count(reopened) / count(ever closed)",
        unit=Unit.SHARE,
        fact="cases",
        at="opened_at",
        where=lambda rows: rows.was_closed,
        sums={"n": _one, "hits": lambda rows: rows.was_reopened},
        estimate=share_of,
        higher_is_better=False,
        source="S1.13, S3.36",
    ),
    Measure(
        key="cost_per_recovery",
        name=both("单次挽回成本", "Cost per recovery"),
        definition=both(
            "期间内立案的工单已给出的补偿（元），除以其中客户同意办结的工单数；没挽回成功的补偿也算成本。",
            "Compensation granted on cases opened in the period, in yuan, for each of them that was closed with the "
            "customer's agreement; what was granted in vain is part of the cost.",
        ),
        formula="sum(granted) / count(closed)",
        unit=Unit.MONEY,
        fact="cases",
        at="opened_at",
        sums={
            "n": _recovered,
            "rows": _one,
            "total": lambda rows: rows.granted,
            "squares": lambda rows: rows.granted * rows.granted,
            "cross": lambda rows: rows.granted * _recovered(rows),
        },
        estimate=ratio_of,
        method=Method.RATIO,
        higher_is_better=False,
        source="S3.34",
    ),
    Measure(
        key="cases",
        name=both("工单数", "Cases"),
        definition=both("期间内立案的工单数。", "Cases opened in the period."),
        formula="count(cases)",
        unit=Unit.COUNT,
        fact="cases",
        at="opened_at",
        sums={"n": _one},
        estimate=count_of,
        method=Method.NONE,
    ),
)
