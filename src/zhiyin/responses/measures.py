"""What responses can supply: one row per scored answer, and the measures of satisfaction over them."""

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate, Recommenders, Sample
from zhiyin.lib.text import both
from zhiyin.metrics.language import Fact, Measure, Through, Unit
from zhiyin.people.queries import whole_person
from zhiyin.responses.loading import load_answers
from zhiyin.responses.models import Response

COLUMNS = {
    "response_id": "int64",
    "question": "string",
    "dimension": "string",
    "value": "int16",
    "top_from": "int16",
    "low_to": "int16",
    "satisfied_from": "float64",
    "is_headline": "boolean",
    "is_nps": "boolean",
    "is_ces": "boolean",
    "survey": "string",
    "version": "int64",
    "purpose": "string",
    "answered_at": "timestamp",
    "day": "date",
    "unit_id": "int64",
    "touchpoint": "string",
    "scenario": "string",
    "moment": "string",
    "staff_id": "int64",
    "channel": "string",
    "brand": "string",
    "segment": "string",
    "complaint": "boolean",
    "language": "string",
    "source": "string",
}
# What differs between the answers of one response.
OF_EACH_ANSWER = frozenset(
    {"question", "dimension", "value", "top_from", "low_to", "satisfied_from", "is_headline", "is_nps", "is_ces"}
)
# What screens ask for every day, counted: the histogram of scores, with what they are judged by. Without the unit it is
# small, and answers whoever may see the whole organisation; more columns would make it as long as the answers.
JUDGED_BY = (
    *("question", "dimension", "purpose", "is_headline", "is_nps", "is_ces", "top_from", "low_to", "satisfied_from"),
)
ROLLUPS = {
    "whole": (*JUDGED_BY, "day", "touchpoint", "moment", "value", "_first"),
    "units": (*JUDGED_BY, "day", "unit_id", "touchpoint", "value", "_first"),
}


def _response_id(data: Mapping[str, Any]) -> Sequence[int]:
    return [int(data["response_id"])]


def links_opened(data: Mapping[str, Any]) -> Sequence[int]:
    """The invitations whose pages were looked at."""
    return [int(invitation) for invitation in data["ids"]]


def _invitations_of(responses: Sequence[int]) -> Mapping[int, Sequence[int]]:
    rows = Response.objects.filter(pk__among=list(responses)).exclude(invitation_id=None)
    return {response: [invitation or 0] for response, invitation in rows.values_list("pk", "invitation_id")}


# The invitation that a received response answers, if it came by one.
invitations_answered = Through(_response_id, _invitations_of)


def responses_of_somebody(data: Mapping[str, Any]) -> Sequence[int]:
    """Every response of a customer, whichever of their ids it came by."""
    everyone = whole_person(int(data["customer_id"]))
    return list(Response.objects.filter(customer_id__in=everyone).values_list("pk", flat=True))


ANSWERS = Fact(
    name="answers",
    columns=COLUMNS,
    owner="response_id",
    load=load_answers,
    touched_by={"responses.received": _response_id},
    at="answered_at",
    steady=frozenset(COLUMNS) - OF_EACH_ANSWER,
    order=("question", "day", "response_id"),
    rollups=ROLLUPS,
    forgotten_by={"people.customer_erased": responses_of_somebody},
)


def _count(rows: Any) -> int:
    return 1


def share_of(sums: Mapping[str, float]) -> Estimate | None:
    """Wilson's interval over ``hits`` of ``n``; None for no answers."""
    n = int(sums["n"])
    return intervals.share(hits=int(sums["hits"]), n=n) if n else None


def mean_of(sums: Mapping[str, float]) -> Estimate | None:
    """Student's interval over the sum and the sum of squares; one answer alone has no interval and is no figure."""
    n = int(sums["n"])
    if n < 2:
        return None
    mean = sums["total"] / n
    variance = max(sums["squares"] - n * mean * mean, 0.0) / (n - 1)
    return intervals.mean(Sample(n, mean, variance))


def nps_of(sums: Mapping[str, float]) -> Estimate | None:
    n, promoters, detractors = int(sums["n"]), int(sums["promoters"]), int(sums["detractors"])
    return intervals.nps(Recommenders(promoters, n - promoters - detractors, detractors)) if n else None


def count_of(sums: Mapping[str, float]) -> Estimate | None:
    """A count is what it is: no interval."""
    n = int(sums["n"])
    return Estimate(float(n), float(n), float(n), n)


def _service(rows: Any) -> Any:
    """Answers about service; recovery surveys are measured by ``recovery_rate``."""
    return rows.purpose != "recovery"


def _score(**rest: Any) -> Measure:
    """A measure over scored answers: of the headline question unless a question is named."""
    return Measure(fact="answers", at="answered_at", where=_service, headline_only=True, **rest)


MEASURES = (
    _score(
        key="top_box",
        name=both("满意度 10 分率", "Top-box rate"),
        definition=both(
            "给到最高分的答卷占比：只有达到问卷版本规定的门槛（默认 10 分）才算。旁边总要看整个分布。",
            "Share of answers in the top box: only those at or above the threshold of the survey version (10 unless it "
            "says otherwise) count. Read it beside the whole distribution.",
        ),
        formula="count(value >= top_from) / count(value)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.value >= rows.top_from},
        estimate=share_of,
        source="S0.25, S0.34",
    ),
    _score(
        key="bottom_box",
        name=both("低分率", "Bottom-box rate"),
        definition=both(
            "低分答卷占比：分数不高于问卷版本的低分线（默认 6 分）。",
            "Share of low answers: at or below the low threshold of the survey version (6 unless it says otherwise).",
        ),
        formula="count(value <= low_to) / count(value)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.value <= rows.low_to},
        estimate=share_of,
        higher_is_better=False,
        source="S0.25",
    ),
    _score(
        key="mean",
        name=both("平均分", "Mean score"),
        definition=both(
            "分数的算术平均，按题目自己的量表。", "Arithmetic mean of the scores, on the question's own scale."
        ),
        formula="sum(value) / count(value)",
        unit=Unit.SCORE,
        sums={
            "n": _count,
            "total": lambda rows: rows.value,
            "squares": lambda rows: rows.value * rows.value,
        },
        estimate=mean_of,
        source="S0.34",
    ),
    Measure(
        key="nps",
        name=both("净推荐值 NPS", "NPS"),
        definition=both(
            "9–10 分占比减去 0–6 分占比，乘 100；取问卷指定的推荐题，没有指定就取主问题。",
            "Share of 9–10 minus share of 0–6, times 100, on the question that the survey names for it, or else on its "
            "headline question.",
        ),
        formula="100 * (count(value >= 9) - count(value <= 6)) / count(value)",
        unit=Unit.NPS,
        sums={
            "n": _count,
            "promoters": lambda rows: rows.value >= 9,
            "detractors": lambda rows: rows.value <= 6,
        },
        estimate=nps_of,
        source="S0.2",
        fact="answers",
        at="answered_at",
        where=lambda rows: (rows.purpose != "recovery") & rows.is_nps,
    ),
    _score(
        key="csat",
        name=both("满意率 CSAT", "CSAT"),
        definition=both(
            "满意答卷占比：分数达到量表长度四分之三（0–10 分量表为 8 分及以上）。",
            "Share of satisfied answers: at or above three quarters of the scale's length (8 of 0–10).",
        ),
        formula="count(value >= low + 0.75 * (high - low)) / count(value)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.value >= rows.satisfied_from},
        estimate=share_of,
        source="S3.52",
    ),
    Measure(
        key="ces",
        name=both("费力度 CES", "CES"),
        definition=both(
            "费力题的平均分；问卷没有费力题就没有这个数。",
            "Mean of the effort question; surveys that do not ask it have no such figure.",
        ),
        formula="sum(value) / count(value) of the effort question",
        unit=Unit.SCORE,
        sums={
            "n": _count,
            "total": lambda rows: rows.value,
            "squares": lambda rows: rows.value * rows.value,
        },
        estimate=mean_of,
        fact="answers",
        at="answered_at",
        where=lambda rows: rows.is_ces,
    ),
    Measure(
        key="responses",
        name=both("答卷数", "Responses"),
        definition=both(
            "收到的答卷份数，不含回访问卷。", "Filled-in questionnaires received, recovery surveys not counted."
        ),
        formula="count(responses)",
        unit=Unit.COUNT,
        sums={},
        distinct="response_id",
        estimate=count_of,
        fact="answers",
        at="answered_at",
        where=_service,
    ),
    Measure(
        key="open_rate",
        name=both("打开率", "Open rate"),
        definition=both(
            "已下发的邀请中打开过问卷页的占比；交了答卷就算打开过。",
            "Share of sent invitations whose survey page was opened; an answer counts as opened.",
        ),
        formula="count(opened) / count(sent)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.is_opened},
        estimate=share_of,
        fact="invitations",
        at="created_at",
        where=lambda rows: (rows.purpose == "service") & rows.is_sent,
    ),
    Measure(
        key="recovery_rate",
        name=both("低分修复率", "Recovery rate"),
        definition=both(
            "办结后再问客户，给到回访问卷最高分门槛的占比。",
            "Of customers asked again after their case was closed, the share who answered in the survey's top box.",
        ),
        formula="count(recovery value >= top_from) / count(recovery value)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.value >= rows.top_from},
        estimate=share_of,
        source="S3.36",
        fact="answers",
        at="answered_at",
        where=lambda rows: (rows.purpose == "recovery") & rows.is_headline,
    ),
)
