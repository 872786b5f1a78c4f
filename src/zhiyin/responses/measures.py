"""What responses can supply: the measures of satisfaction over their facts."""

from typing import Any

from zhiyin.lib.text import both
from zhiyin.metrics.estimates import count_of, deviation_of, mean_of, nps_of, share_of, spread_of
from zhiyin.metrics.language import Measure, Method, Unit

CARE = "behavior"  # the dimension whose questions say whether customers felt cared for (S2.3, S2.6)
_FACT = {"fact": "answers", "at": "answered_at"}


def _count(rows: Any) -> int:
    return 1


def _position(rows: Any) -> Any:
    """Where a score stands on its own scale, from 0 to 100."""
    return ((rows.value - rows.low) * 100).cast("float64") / (rows.high - rows.low)


MOMENTS = {
    "n": _count,
    "total": lambda rows: rows.value,
    "squares": lambda rows: rows.value * rows.value,
}
POSITION = {"n": _count, "total": _position, "squares": lambda rows: _position(rows) * _position(rows)}
TOP = {"n": _count, "hits": lambda rows: rows.value >= rows.top_from}
HEADLINE = both(
    "没有指定题目时读问卷的主问题；按题目或维度切分时读各题。",
    "The survey's headline question, unless it is cut by question or dimension.",
)


def _service(rows: Any) -> Any:
    """Answers about service; recovery surveys are measured by ``recovery_rate``."""
    return rows.purpose != "recovery"


def _score(**rest: Any) -> Measure:
    """A measure over scored answers: of the headline question unless a question is named."""
    return Measure(**{**_FACT, "where": _service, "headline_only": True, "scoring": HEADLINE, **rest})


def _answers(**rest: Any) -> Measure:
    """A measure over scored answers that says itself which."""
    return Measure(**{**_FACT, **rest})


def _pair(**rest: Any) -> Measure:
    """A measure over pairs of what was expected and what was found."""
    scoring = both(
        "同一个人对同一方面先答期望、再答感受，两题用同一量表；只答一半的不算。",
        "The same person says of one aspect what they expect and what they found, on one scale; halves do not count.",
    )
    return Measure(fact="gaps", at="answered_at", scoring=scoring, **rest)


BOXES = (
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
        sums=TOP,
        estimate=share_of,
        source="S0.25, S0.34",
    ),
    _score(
        key="top_2_box",
        name=both("前两档率", "Top-2-box rate"),
        definition=both(
            "给到最高分或低一分的答卷占比：门槛是最高分门槛减一。",
            "Share of answers at or one point below the threshold of the top box.",
        ),
        formula="count(value >= top_from - 1) / count(value)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.value >= rows.top_from - 1},
        estimate=share_of,
        source="S0.25",
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
        key="distribution",
        name=both("分数分布", "Distribution of scores"),
        definition=both(
            "每个分数的答卷占全部答卷的比例；各分数相加是 1。",
            "The share of all answers that gave each score; the scores add up to 1.",
        ),
        formula="count(value = score) / count(value)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": _count},
        estimate=share_of,
        across=frozenset({"score"}),
        always_by=("score",),
        source="S0.25",
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
    _score(
        key="clean_top_box",
        name=both("10 分率（净）", "Top-box rate, clean"),
        definition=both(
            "剔除要过分的服务接触后的 10 分率；与原始 10 分率并排看，差得多说明分数是要来的。",
            "The top-box rate without encounters in which a score was begged for. Beside the raw rate it shows how "
            "much of it was asked for.",
        ),
        formula="count(value >= top_from and not begged) / count(not begged)",
        unit=Unit.SHARE,
        sums=TOP,
        estimate=share_of,
        where=lambda rows: _service(rows) & ~rows.begged,
        scoring=both(
            "接触带 begged 标记（来源系统、质检或旁听给出）的答卷不算。",
            "Answers about an encounter with the attribute `begged`, set by the sender's system, QA or a listener, do "
            "not count.",
        ),
        source="S0.18",
    ),
)
MEANS = (
    _score(
        key="mean",
        name=both("平均分", "Mean score"),
        definition=both(
            "分数的算术平均，按题目自己的量表。", "Arithmetic mean of the scores, on the question's own scale."
        ),
        formula="sum(value) / count(value)",
        unit=Unit.SCORE,
        sums=MOMENTS,
        estimate=mean_of,
        method=Method.STUDENT,
        source="S0.34",
    ),
    _score(
        key="standard_deviation",
        name=both("标准差", "Standard deviation"),
        definition=both(
            "分数离平均分多远：服务是否稳定。同样的平均分，标准差大的地方客户体验忽好忽坏。",
            "How far scores lie from their mean: whether service is steady. At one mean, more of it is a gamble.",
        ),
        formula="sqrt(sum((value - mean)^2) / (count(value) - 1))",
        unit=Unit.SCORE,
        sums={
            **MOMENTS,
            "cubes": lambda rows: rows.value * rows.value * rows.value,
            "fourths": lambda rows: rows.value * rows.value * rows.value * rows.value,
        },
        estimate=deviation_of,
        method=Method.KURTOSIS,
        least=10,
        higher_is_better=False,
        source="S3.82",
    ),
    _score(
        key="clean_mean",
        name=both("平均分（净）", "Mean score, clean"),
        definition=both(
            "剔除要过分的服务接触后的平均分。", "The mean without encounters in which a score was begged for."
        ),
        formula="sum(value where not begged) / count(not begged)",
        unit=Unit.SCORE,
        sums=MOMENTS,
        estimate=mean_of,
        method=Method.STUDENT,
        where=lambda rows: _service(rows) & ~rows.begged,
        scoring=both(
            "接触带 begged 标记的答卷不算。", "Answers about an encounter with the attribute `begged` do not count."
        ),
        source="S0.18",
    ),
    _score(
        key="satisfaction_index",
        name=both("满意度得分（百分制）", "Satisfaction index"),
        definition=both(
            "把每个分数换算到 0–100：量表最低分是 0，最高分是 100，再取平均；不同量表可以放在一起。",
            "Each score moved to 0–100, the low end of its scale being 0 and the high end 100, then the mean: scales "
            "of different lengths can stand side by side.",
        ),
        formula="mean(100 * (value - low) / (high - low))",
        unit=Unit.INDEX,
        sums=POSITION,
        estimate=mean_of,
        method=Method.STUDENT,
        source="S2.1",
    ),
    _answers(
        key="care_score",
        name=both("关怀感受得分", "Felt care"),
        definition=both(
            "行为维度各题换算到 0–100 后的平均：客户是否感到被用心对待。用行为维度代表关怀是我们的默认。",
            "The mean, on 0–100, of the questions of the dimension behaviour: whether customers felt cared for. That "
            "this dimension stands for care is our default.",
        ),
        formula="mean(100 * (value - low) / (high - low)) of the questions of the dimension behavior",
        unit=Unit.INDEX,
        sums=POSITION,
        estimate=mean_of,
        method=Method.STUDENT,
        where=lambda rows: _service(rows) & (rows.dimension == CARE),
        source="S2.3, S2.6",
    ),
    _answers(
        key="ces",
        name=both("省力度 CES", "CES"),
        definition=both(
            "省力题的平均分，越高越省力；问卷没有省力题就没有这个数。",
            "Mean of the effort question, higher being easier; surveys that do not ask it have no such figure.",
        ),
        formula="sum(value) / count(value) of the effort question",
        unit=Unit.SCORE,
        sums=MOMENTS,
        estimate=mean_of,
        method=Method.STUDENT,
        where=lambda rows: rows.is_ces,
        scoring=both("读问卷 measures.ces 指定的题。", "The question that the survey names as `ces`."),
        source="S2.9",
    ),
)
OTHERS = (
    _answers(
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
        method=Method.MULTINOMIAL,
        where=lambda rows: _service(rows) & rows.is_nps,
        scoring=both(
            "只读 0–10 分的题：推荐者和贬损者只在这个量表上有定义；其他量表的题没有净推荐值。",
            "Only a question on 0–10 is read, the scale for which promoters and detractors are defined; on any other "
            "there is no NPS.",
        ),
        source="S0.2",
    ),
    _answers(
        key="matrix_cell",
        name=both("九经四纬单元格", "Cell of the care matrix"),
        definition=both(
            "归入四个维度的各题的 10 分率；按触点和维度切分就是九经四纬的 36 格。",
            "The top-box rate of the questions that belong to one of the four dimensions; cut by touchpoint and "
            "dimension it is the 36 cells of 九经四纬.",
        ),
        formula="count(value >= top_from) / count(value) of questions with a dimension",
        unit=Unit.SHARE,
        sums=TOP,
        estimate=share_of,
        where=lambda rows: _service(rows) & (rows.dimension != ""),
        source="S2.10, S2.11",
    ),
    _answers(
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
        method=Method.NONE,
        where=_service,
    ),
    _answers(
        key="recovery_rate",
        name=both("低分修复率", "Recovery rate"),
        definition=both(
            "办结后再问客户，给到回访问卷最高分门槛的占比。",
            "Of customers asked again after their case was closed, the share who answered in the survey's top box.",
        ),
        formula="count(recovery value >= top_from) / count(recovery value)",
        unit=Unit.SHARE,
        sums=TOP,
        estimate=share_of,
        where=lambda rows: (rows.purpose == "recovery") & rows.is_headline,
        source="S3.36",
    ),
)
GAPS = (
    _pair(
        key="servqual_gap",
        name=both("服务质量差距（感受减期望）", "SERVQUAL gap, P − E"),
        definition=both(
            "每个人的感受分减期望分，再取平均；负数表示没有达到期望。按题目切分是 SERVQUAL 的五个方面。",
            "Each person's perception minus their expectation, then the mean; below 0 it falls short. Cut by question "
            "it is the five aspects of SERVQUAL.",
        ),
        formula="mean(perceived - expected)",
        unit=Unit.SCORE,
        sums={
            "n": _count,
            "total": lambda rows: rows.perceived - rows.expected,
            "squares": lambda rows: (rows.perceived - rows.expected) * (rows.perceived - rows.expected),
        },
        estimate=mean_of,
        method=Method.STUDENT,
        source="S0.1, S3.60",
    ),
    _pair(
        key="expectation",
        name=both("期望分", "Expectation"),
        definition=both("客户认为应有的水平，取平均。", "The level that customers think there should be, on average."),
        formula="mean(expected)",
        unit=Unit.SCORE,
        sums={
            "n": _count,
            "total": lambda rows: rows.expected,
            "squares": lambda rows: rows.expected * rows.expected,
        },
        estimate=mean_of,
        method=Method.STUDENT,
        source="S0.1",
    ),
    _pair(
        key="expectation_gap",
        name=both("期望落差率", "Expectation gap"),
        definition=both(
            "感受低于期望的占比：有多少人失望了。", "The share who found less than they expected: who was let down."
        ),
        formula="count(perceived < expected) / count(pairs)",
        unit=Unit.SHARE,
        sums={"n": _count, "hits": lambda rows: rows.perceived < rows.expected},
        estimate=share_of,
        higher_is_better=False,
        source="S0.1, S1.2a",
    ),
)


def _spread(over: str, key: str, chinese: str, english: str) -> Measure:
    return Measure(
        key=key,
        name=both(f"{chinese}之间的差异", f"Spread between {english}"),
        definition=both(
            f"{chinese}真实 10 分率之间的标准差：扣掉抽样误差后剩下的差别；0 表示差别都是偶然。",
            f"The standard deviation between the true top-box rates of {english}, once chance is taken out; 0 says "
            "that chance explains all.",
        ),
        formula=f"sqrt(between-group variance of top_box over {over}), Paule–Mandel",
        unit=Unit.SHARE,
        fact="answers",
        at="answered_at",
        sums={},
        estimate=spread_of,
        method=Method.Q_PROFILE,
        over=over,
        of="top_box",
        least=10,
        higher_is_better=False,
        source="S3.82",
    )


SPREADS = (
    _spread("unit.1", "spread_sites", "各单位", "sites"),
    _spread("shift", "spread_shifts", "各班次", "shifts"),
    _spread("staff", "spread_staff", "各人员", "members of staff"),
)
OF_INVITATIONS = (
    Measure(
        key="open_rate",
        name=both("打开率", "Open rate"),
        definition=both(
            "已下发的邀请中打开过问卷页的占比；交了答卷就算打开过。",
            "Share of sent invitations whose survey page was opened; an answer counts as opened.",
        ),
        formula="count(opened) / count(sent)",
        unit=Unit.SHARE,
        fact="invitations",
        at="created_at",
        sums={"n": _count, "hits": lambda rows: rows.is_opened},
        estimate=share_of,
        where=lambda rows: (rows.purpose == "service") & rows.is_sent,
        source="S0.27",
    ),
    Measure(
        key="completion_rate",
        name=both("完成率", "Completion rate"),
        definition=both(
            "打开过问卷页的邀请中交了答卷的占比。", "Share of opened survey pages from which an answer was sent."
        ),
        formula="count(answered) / count(opened)",
        unit=Unit.SHARE,
        fact="invitations",
        at="created_at",
        sums={"n": _count, "hits": lambda rows: rows.is_answered},
        estimate=share_of,
        where=lambda rows: (rows.purpose == "service") & rows.is_sent & rows.is_opened,
        source="S0.27",
    ),
)
MEASURES = (*BOXES, *MEANS, *OTHERS, *GAPS, *SPREADS, *OF_INVITATIONS)
