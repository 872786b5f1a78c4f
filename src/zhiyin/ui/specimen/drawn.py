"""The specimen's charts: one of each kind."""

from datetime import date, timedelta

from zhiyin.ui import charts
from zhiyin.ui.specimen.words import say

TREND = (
    80.4,
    79.6,
    80.9,
    81.2,
    80.1,
    79.3,
    80.6,
    81.0,
    79.9,
    80.7,
    81.4,
    80.2,
    79.7,
    80.3,
    81.1,
    80.8,
    79.8,
    80.5,
    81.0,
    80.0,
    79.5,
    80.6,
    79.9,
    78.9,
    77.7,
    77.4,
)
PILOT = (65.1, 66.8, 64.9, 66.2, 65.0, 66.6, 65.4, 65.8, 67.9, 69.8, 71.2, 72.0, 71.4, 72.6, 71.9, 72.3)
CONTROL = (66.0, 65.6, 66.5, 66.3, 65.9, 66.2, 66.4, 66.0, 66.1, 66.6, 66.3, 66.5, 66.2, 66.7, 66.4, 66.5)


def shares(values: tuple[float, ...]) -> list[float]:
    return [value / 100 for value in values]


def trend() -> charts.ChartConfig:
    mondays = [date(2026, 5, 25) + timedelta(weeks=week) for week in range(len(TREND))]
    wide = [0.0205 + 0.0025 * (week % 5 == 0) + (0.009 if week == 18 else 0) for week in range(len(TREND))]
    return charts.ChartConfig(
        title=say("10 分率周趋势", "Top-box rate by week"),
        label_heading=say("周", "Week"),
        labels=[f"{monday.month}/{monday.day}" for monday in mondays],
        series=[
            charts.Series(
                name=say("10 分率", "Top-box rate"),
                values=shares(TREND),
                n=[540] * len(TREND),
                signals={24: "", 25: say("失控", "out of control")},
            )
        ],
        limits=charts.Limits(
            low=[0.803 - width for width in wide],
            high=[0.803 + width for width in wide],
            centre=0.803,
            low_label=say("下限 LCL", "LCL"),
            high_label=say("上限 UCL", "UCL"),
            centre_label=say("均值 80.3", "mean 80.3"),
        ),
        marks=[charts.Mark(say("11/2 社会渠道外呼营销上线", "2 Nov dealer calls begin"), at=23)],
        bottom=0.75,
        top=0.84,
    )


def effect() -> charts.ChartConfig:
    return charts.ChartConfig(
        title=say("赠送流量不结转主动说明", "Explaining before the bill that free data expires"),
        label_heading=say("周", "Week"),
        labels=[f"W{week}" for week in range(31, 47)],
        series=[
            charts.Series(name=say("对照", "control"), values=shares(CONTROL), is_reference=True),
            charts.Series(
                name=say("试点", "pilot"),
                values=shares(PILOT),
                low=[value / 100 - 0.042 for value in PILOT],
                high=[value / 100 + 0.041 for value in PILOT],
            ),
        ],
        marks=[charts.Mark(say("09-22 开始改", "change begins 22 Sep"), at=8)],
        bottom=0.55,
        top=0.8,
    )


def contribution() -> charts.ChartConfig:
    rows = (
        (say("社会渠道 · 外呼", "Dealers · calls"), -0.0093),
        (say("服务热线 · 等待", "Hotline · waiting"), -0.0052),
        (say("营销活动 · 到期", "Campaigns · expiry"), -0.0024),
        (say("计费账单 · 结转", "Billing · carry-over"), 0.0031),
        (say("客群结构变化", "Mix of segments"), -0.0012),
        (say("合计", "Total"), -0.015),
    )
    return charts.ChartConfig(
        title=say("对 −1.5 点的贡献（百分点）", "Contributions to −1.5 pp"),
        kind="contribution",
        label_heading=say("原因", "Cause"),
        labels=[label for label, _ in rows],
        series=[charts.Series(name=say("贡献", "contribution"), kind="bar", values=[value for _, value in rows])],
        last_is_total=True,
    )


def importance() -> charts.ChartConfig:
    rows = (
        (say("业务推荐合理性", "Suitable recommendation"), 71.8, 0.27, 1.4, 0.030, True),
        (say("问题解决", "Problem solved"), 76.9, 0.24, 1.1, 0.030, True),
        (say("响应速度", "Speed"), 74.2, 0.19, 1.2, 0.030, True),
        (say("服务态度", "Attitude"), 88.4, 0.16, 0.8, 0.020, True),
        (say("业务能力", "Competence"), 85.6, 0.11, 0.9, 0.020, True),
        (say("语言表达", "Clear language"), 86.9, 0.05, 1.0, 0.020, True),
        (say("排队提示（不显著）", "Queue hints (not significant)"), 79.4, 0.02, 1.3, 0.020, False),
    )
    return charts.ChartConfig(
        title=say("重要性 × 表现", "Importance × performance"),
        kind="quadrants",
        unit="weight",
        label_heading=say("驱动因素", "Driver"),
        x_label=say("表现：10 分率 %", "Performance: top-box rate %"),
        y_label=say("重要性", "Importance"),
        points=[
            charts.Point(
                label=label,
                x=x / 100,
                y=y,
                x_low=(x - dx) / 100,
                x_high=(x + dx) / 100,
                y_low=y - dy,
                y_high=y + dy,
                is_significant=significant,
            )
            for label, x, y, dx, dy, significant in rows
        ],
        quadrants=charts.Quadrants(
            x=0.8,
            y=0.15,
            names=(
                say("优先改", "Change first"),
                say("保持", "Keep"),
                say("可以少投入", "Spend less"),
                say("顺手改", "Change in passing"),
            ),
        ),
    )


def hours() -> charts.ChartConfig:
    return charts.ChartConfig(
        title=say("打开与完成的时刻", "Hours to open and to complete"),
        kind="bars",
        unit="count",
        label_heading=say("下发后小时数", "Hours after sending"),
        labels=[str(hour) for hour in range(1, 9)],
        series=[
            charts.Series(name=say("打开", "opened"), kind="bar", values=[11300, 3100, 1650, 1150, 950, 720, 620, 480]),
            charts.Series(
                name=say("完成", "completed"), kind="bar", values=[8600, 2200, 1150, 800, 600, 480, 330, 200]
            ),
        ],
    )


def pareto() -> charts.ChartConfig:
    counts = (82, 58, 34, 19, 13, 8)
    running = [sum(counts[: place + 1]) / sum(counts) for place in range(len(counts))]
    return charts.ChartConfig(
        title=say("「外呼改套餐」214 张工单的根因", "Root causes of 214 cases"),
        kind="bars",
        unit="count",
        label_heading=say("根因", "Root cause"),
        labels=[
            say("无二次确认", "no second check"),
            say("只考核办理量", "paid by volume"),
            say("话术误导", "misleading script"),
            say("未查原套餐", "old plan unseen"),
            say("培训缺失", "no training"),
            say("其他", "other"),
        ],
        series=[
            charts.Series(name=say("工单", "cases"), kind="bar", values=list(counts), signals={0: "", 1: ""}),
            charts.Series(
                name=say("累计", "running share"), values=[share * 100 for share in running], is_second_axis=True
            ),
        ],
    )
