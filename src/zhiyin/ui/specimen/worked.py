"""The specimen's case: its five steps, what happened, deadlines, and the queue that it stands in."""

from datetime import datetime, timedelta

from zhiyin.ui import cards
from zhiyin.ui.specimen.words import HOSTILE, say


def five_c() -> list[cards.Step]:
    return [
        cards.Step(label=say("联系", "Connect"), note=say("12:02 已接通", "reached 12:02"), state="done"),
        cards.Step(
            label=say("承诺", "Commit"),
            note=say("承诺时限已超 42 分钟", "42 minutes overdue"),
            state="current",
            is_late=True,
        ),
        cards.Step(label=say("办理", "Complete"), note=say("11-21 前", "by 21 Nov")),
        cards.Step(label=say("确认", "Confirm"), note=say("办结时", "at closing")),
        cards.Step(label=say("回访", "Callback"), note=say("办结后 1–2 天", "1–2 days later")),
    ]


def happenings(now: datetime) -> list[cards.Happening]:
    return [
        cards.Happening(
            at=now - timedelta(minutes=12),
            who=say("周敏", "Zhou Min"),
            text=say("接通客户，通话 6 分 12 秒", "reached the customer, 6 min 12 s"),
            url="#",
        ),
        cards.Happening(
            at=now - timedelta(minutes=24),
            text=say("系统派给周敏（3 班）", "assigned to Zhou Min (team 3)"),
            note=say("要求 30 分钟内联系", "connect within 30 minutes"),
        ),
        cards.Happening(
            at=now - timedelta(minutes=25),
            text=say("问卷低分触发工单：态度 0 分", "low score opened a case: attitude 0"),
            tone="bad",
        ),
        cards.Happening(
            at=now - timedelta(minutes=54),
            text=say("短信下发问卷，8 小时内有效", "survey sent by SMS, valid for 8 hours"),
        ),
    ]


def deadlines(now: datetime) -> list[dict[str, object]]:
    """Arguments for one chip each."""
    due = (-42, 18, 100, 185, 600, 60 * 130)
    chips: list[dict[str, object]] = [{"due": now + timedelta(minutes=minutes), "paused": ""} for minutes in due]
    chips.append({"due": now, "paused": say("等客户", "waiting for the customer")})
    chips.append({"due": now, "paused": "", "done_at": now + timedelta(minutes=7)})
    chips.append({"due": now, "paused": "", "done_at": now - timedelta(minutes=7)})
    return chips


def queue(now: datetime) -> list[dict[str, object]]:
    rows = (
        (
            -42,
            "151****0152",
            0,
            say("代理商外呼改套餐，态度差", "Dealer changed the plan by phone, rude"),
            say("社会渠道", "Dealers"),
        ),
        (
            -11,
            "137****4409",
            2,
            say("宽带移机三次未上门", "Three visits missed for moving broadband"),
            say("网络质量", "Network"),
        ),
        (
            18,
            "188****7731",
            1,
            say("重复投诉未解决，要求升级", "Repeated complaint, asks to escalate"),
            say("服务热线", "Hotline"),
        ),
        (100, "139****2087", 4, HOSTILE, say("服务热线", "Hotline")),
        (
            185,
            "136****9015",
            5,
            say("营业厅排队没人引导", "Nobody guided the queue in the store"),
            say("营业厅", "Stores"),
        ),
    )
    return [
        {"due": now + timedelta(minutes=due), "phone": phone, "score": score, "title": title, "touchpoint": touchpoint}
        for due, phone, score, title, touchpoint in rows
    ]
