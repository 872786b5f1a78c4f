"""The specimen's measures: cards, a matrix, a funnel, bars."""

from zhiyin.ui import cards
from zhiyin.ui.cards import Word
from zhiyin.ui.specimen.words import say


def kpis() -> list[cards.Kpi]:
    last = say("上月", "last month")
    return [
        cards.Kpi(
            key="top_box",
            label=say("满意度 10 分率", "Top-box rate"),
            value=0.786,
            n=14286,
            low=0.779,
            high=0.793,
            previous=0.801,
            target=0.82,
            change=-0.015,
            change_low=-0.024,
            change_high=-0.006,
            compared_with=last,
            verdict=cards.Verdict(Word.DOWN),
            url="?metric=top_box",
            definition_url="#",
            is_selected=True,
        ),
        cards.Kpi(
            key="nps",
            label=say("净推荐值 NPS", "NPS"),
            unit="nps",
            value=46.2,
            n=13870,
            low=45.0,
            high=47.4,
            previous=45.1,
            target=50,
            change=1.1,
            change_low=-0.6,
            change_high=2.8,
            compared_with=last,
            verdict=cards.Verdict(Word.NO_DIFFERENCE),
            url="?metric=nps",
            definition_url="#",
        ),
        cards.Kpi(
            key="response_rate",
            label=say("问卷回收率", "Response rate"),
            value=0.235,
            n=60918,
            n_label=say("送达", "delivered"),
            low=0.231,
            high=0.238,
            previous=0.224,
            target=0.25,
            change=0.011,
            change_low=0.006,
            change_high=0.016,
            compared_with=last,
            verdict=cards.Verdict(Word.UP),
            url="?metric=response_rate",
            definition_url="#",
        ),
        cards.Kpi(
            key="recovery_rate",
            label=say("低分修复率", "Recovery rate"),
            value=0.614,
            n=412,
            n_label=say("办结", "closed"),
            low=0.566,
            high=0.66,
            previous=0.55,
            target=0.65,
            change=0.064,
            change_low=-0.004,
            change_high=0.132,
            compared_with=last,
            verdict=cards.Verdict(Word.INCONCLUSIVE),
            url="?metric=recovery_rate",
            definition_url="#",
        ),
    ]


def more_kpis() -> list[cards.Kpi]:
    """The states of a card besides the usual one."""
    label = say("满意度 10 分率", "Top-box rate")
    return [
        cards.Kpi(key="few", label=label, value=0.83, n=18, low=0.6, high=0.94),
        cards.Kpi(key="first", label=label, value=0.786, n=14286, low=0.779, high=0.793),
        cards.Kpi(key="none", label=label, value=None, n=None),
        cards.Kpi(key="count", label=say("服务接触", "Interactions"), unit="count", value=184206, n=None),
    ]


def heat_rows() -> list[cards.HeatRow]:
    names = (
        ("营业厅", "Stores"),
        ("大客户", "Key accounts"),
        ("服务热线", "Hotline"),
        ("会员俱乐部", "Members' club"),
        ("社会渠道", "Dealers"),
        ("营销活动", "Campaigns"),
        ("计费账单", "Billing"),
        ("数据业务", "Data"),
        ("网络质量", "Network"),
    )
    values = (
        (84.2, 79.5, 86.1, 81.0),
        (88.0, 83.4, 87.2, 85.5),
        (82.7, 74.9, 80.3, 71.8),
        (86.5, 80.2, 84.0, 90.0),
        (69.4, 72.1, 66.8, 77.3),
        (76.2, 68.5, 70.4, 78.8),
        (79.9, 73.6, 75.2, 76.4),
        (80.8, 77.0, 72.9, 82.3),
        (83.1, 78.4, 81.7, 79.6),
    )
    changes = {(2, 3): "down", (4, 0): "down", (4, 2): "down", (6, 2): "up"}
    few = {(3, 3): 18}
    return [
        cards.HeatRow(
            label=say(*name),
            cells=[
                cards.HeatCell(
                    value=value / 100,
                    n=few.get((row, column), 300 + 17 * row),
                    change=changes.get((row, column), ""),  # type: ignore[arg-type]
                    url=f"?cell={row}-{column}",
                    low=value / 100 - 0.03,
                    high=value / 100 + 0.03,
                )
                for column, value in enumerate(line)
            ],
        )
        for row, (name, line) in enumerate(zip(names, values, strict=True))
    ]


def funnel() -> list[cards.FunnelStage]:
    stage = cards.FunnelStage
    return [
        stage(label=say("服务接触", "Interactions"), count=184206, tone="", url="#"),
        stage(
            label=say("符合条件", "Eligible"), count=96480, loss_label=say("排除", "excluded"), loss=87726, loss_url="#"
        ),
        stage(label=say("已下发", "Sent"), count=61742, loss_label=say("抑制", "suppressed"), loss=34738, loss_url="#"),
        stage(label=say("已送达", "Delivered"), count=60918, loss_label=say("失败", "failed"), loss=824, loss_url="#"),
        stage(
            label=say("已打开", "Opened"),
            count=19804,
            loss_label=say("超 8 小时未开", "not opened in 8 h"),
            loss=41114,
            loss_url="#",
        ),
        stage(
            label=say("已完成", "Completed"),
            count=14286,
            loss_label=say("中途离开", "left half-way"),
            loss=5518,
            loss_url="#",
            tone="good",
        ),
    ]


def reasons() -> list[cards.BarRow]:
    return [
        cards.BarRow(label=say("同一场景 90 天满 2 次", "2 in 90 days for one scenario"), count=12914, url="#"),
        cards.BarRow(label=say("两次间隔不足 24 小时", "less than 24 h since the last"), count=9377),
        cards.BarRow(label=say("抽样未抽中", "not sampled"), count=6120),
        cards.BarRow(label=say("客户已退订", "opted out"), count=3842, tone="bad"),
        cards.BarRow(label=say("90 天满 10 次", "10 in 90 days"), count=1206),
    ]
