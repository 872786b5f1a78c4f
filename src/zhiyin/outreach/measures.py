"""What outreach can supply: the rates over interactions, invitations and checklists."""

from typing import Any

from zhiyin.lib.text import both
from zhiyin.metrics.estimates import count_of, share_of
from zhiyin.metrics.language import Measure, Method, Unit


def _one(rows: Any) -> int:
    return 1


def _of_interactions(**rest: Any) -> Measure:
    return Measure(fact="interactions", at="ended_at", **rest)


def _of_invitations(**rest: Any) -> Measure:
    return Measure(
        fact="invitations", at="created_at", where=lambda rows: (rows.purpose == "service") & rows.is_sent, **rest
    )


MEASURES = (
    _of_interactions(
        key="invitation_rate",
        name=both("邀评率", "Invitation rate"),
        definition=both("服务接触中发出邀请的占比。", "Share of interactions that led to an invitation."),
        formula="count(invited) / count(interactions)",
        unit=Unit.SHARE,
        sums={"n": _one, "hits": lambda rows: rows.invited},
        estimate=share_of,
        source="S0.14",
    ),
    _of_interactions(
        key="suppression_rate",
        name=both("未邀评率", "Suppression rate"),
        definition=both(
            "服务接触中没有邀请的占比；按原因切分时，各原因都是占全部服务接触的比例，加起来就是总的未邀评率。",
            "Share of interactions that led to no invitation; cut by reason each is a share of all interactions, so "
            "that the reasons add up to the whole.",
        ),
        formula="count(reason) / count(interactions)",
        unit=Unit.SHARE,
        sums={"n": _one, "hits": lambda rows: ~rows.invited},
        estimate=share_of,
        across=frozenset({"reason"}),
        higher_is_better=False,
        source="S0.14, S0.28",
    ),
    _of_interactions(
        key="begged_rate",
        name=both("要分率", "Begged rate"),
        definition=both(
            "被标记为要过分的服务接触占比。没有人标记的地方看起来是 0，不等于没有。",
            "Share of interactions flagged because a score was begged for. Where nobody flags, it reads 0 and proves "
            "nothing.",
        ),
        formula="count(begged) / count(interactions)",
        unit=Unit.SHARE,
        sums={"n": _one, "hits": lambda rows: rows.begged},
        estimate=share_of,
        higher_is_better=False,
        source="S0.18",
    ),
    Measure(
        key="checklist_adherence",
        name=both("清单执行率", "Checklist adherence"),
        definition=both(
            "有人查看过的服务接触中，关键时刻清单条目做到的占比；没人看的不算没做。",
            "Of the checklist items of moments at which somebody looked, the share seen to be done; what nobody looked "
            "at is not counted as left out.",
        ),
        formula="count(item done) / count(item looked for)",
        unit=Unit.SHARE,
        fact="checks",
        at="ended_at",
        sums={"n": _one, "hits": lambda rows: rows.done},
        estimate=share_of,
        scoring=both(
            "接触的 checklist 属性列出做到的条目；条目取当时关键时刻的清单。",
            "The attribute `checklist` of an interaction lists what was done, of the items of its moment.",
        ),
        source="S2.26, S3.1",
    ),
    _of_invitations(
        key="delivery_rate",
        name=both("送达率", "Delivery rate"),
        definition=both(
            "已下发的邀请中确认送达的占比。", "Share of sent invitations that are known to have been delivered."
        ),
        formula="count(delivered) / count(sent)",
        unit=Unit.SHARE,
        sums={"n": _one, "hits": lambda rows: rows.is_delivered},
        estimate=share_of,
        source="S0.27",
    ),
    _of_invitations(
        key="response_rate",
        name=both("问卷回收率", "Response rate"),
        definition=both("已下发的邀请中收到答卷的占比。", "Share of sent invitations that were answered."),
        formula="count(answered) / count(sent)",
        unit=Unit.SHARE,
        sums={"n": _one, "hits": lambda rows: rows.is_answered},
        estimate=share_of,
        source="S0.27",
    ),
    _of_invitations(
        key="sent",
        name=both("已下发", "Sent"),
        definition=both("已下发的邀请数。", "Invitations that were sent."),
        formula="count(sent)",
        unit=Unit.COUNT,
        sums={"n": _one},
        estimate=count_of,
        method=Method.NONE,
    ),
    _of_interactions(
        key="interactions",
        name=both("服务接触数", "Interactions"),
        definition=both("收到的服务接触数。", "Interactions received."),
        formula="count(interactions)",
        unit=Unit.COUNT,
        sums={"n": _one},
        estimate=count_of,
        method=Method.NONE,
    ),
)
