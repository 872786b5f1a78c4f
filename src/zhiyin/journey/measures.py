"""What the journey can supply: the purchase funnel of S1.41, from counts that other systems tell."""

from typing import Any

import ibis

from zhiyin.journey.rules import FUNNEL
from zhiyin.lib.text import Text, both
from zhiyin.metrics.estimates import passed_of
from zhiyin.metrics.language import Measure, Method, Unit

STEPS: dict[str, Text] = {
    "surfers": both("Q0 浏览者", "Q0 surfers"),
    "aware": both("Q1 知晓者", "Q1 aware"),
    "hits": both("Q2 点击者", "Q2 hits"),
    "visitors": both("Q3 有效访客", "Q3 active visitors"),
    "purchases": both("Q4 成交", "Q4 purchases"),
    "repurchases": both("Q5 再次成交", "Q5 repurchases"),
}
# I1 … I5, in the order of the steps. The source's "Q3/A2" is a slip for Q3/Q2, and its I4 is conversion.
RATES = (
    both("I1 知晓率", "I1 awareness"),
    both("I2 吸引率", "I2 attraction"),
    both("I3 接触率", "I3 contact"),
    both("I4 成交率", "I4 conversion"),
    both("I5 回购率", "I5 retention"),
)


def _of(step: str) -> Any:
    return lambda rows: ibis.ifelse(rows.counter == step, rows.value, 0)


def _rate(place: int) -> Measure:
    before, after = FUNNEL[place], FUNNEL[place + 1]
    return Measure(
        key=f"funnel_i{place + 1}",
        name=RATES[place],
        definition=both(
            f"{STEPS[after]['zh-hans']}除以{STEPS[before]['zh-hans']}；分母是 0 时不可测，不是 0。",
            f"{STEPS[after]['en']} for each of {STEPS[before]['en']}; with a denominator of 0 it is not measurable, "
            "which is not 0.",
        ),
        formula=f"sum({after}) / sum({before})",
        unit=Unit.SHARE,
        fact="counters",
        at="at",
        sums={"n": _of(before), "hits": _of(after)},
        estimate=passed_of,
        method=Method.PASSED,
        scoring=both(
            "各步人数由其他系统逐日告知（导入或接口）；两边口径不同可能大于 1。",
            "Other systems tell the counts day by day, by import or API; where they count differently it may exceed 1.",
        ),
        source="S1.41",
    )


MEASURES = tuple(_rate(place) for place in range(len(FUNNEL) - 1))
