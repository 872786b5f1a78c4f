"""What a case is called, how urgent it is, what its code looks like."""

from datetime import date

import pytest

from zhiyin.cases.rules.occasions import Priority, Reason, Signal, code_of, main_reason, priority_of, title_of


@pytest.mark.parametrize(
    ("reasons", "headline", "expected"),
    [
        ([Reason.LOW_SCORE], 5, Priority.NORMAL),
        ([Reason.LOW_SCORE], 2, Priority.HIGH),
        ([Reason.LOW_SCORE], None, Priority.NORMAL),
        ([Reason.LOW_SCORE, Reason.ANGRY_COMMENT], 6, Priority.HIGH),
        ([Reason.COMPLAINT], None, Priority.HIGH),
        ([Reason.CALL_ME_BACK], 10, Priority.NORMAL),
    ],
)
def test_priority(reasons: list[Reason], headline: int | None, expected: Priority) -> None:
    assert priority_of([Signal(reason) for reason in reasons], headline=headline) is expected


def test_the_heaviest_reason_names_the_case() -> None:
    signals = [Signal(Reason.LOW_SCORE), Signal(Reason.COMPLAINT), Signal(Reason.ANGRY_COMMENT)]
    assert main_reason(signals) is Reason.COMPLAINT
    assert main_reason([]) is Reason.MANUAL


@pytest.mark.parametrize(
    ("title", "comment", "expected"),
    [
        ("", "代理商外呼改套餐，态度差。说是免费升级！", "代理商外呼改套餐，态度差"),
        ("", "  很慢\n等了 14 分钟 ", "很慢"),
        ("", "Waited 2.5 hours. Awful", "Waited 2.5 hours"),
        ("重复投诉", "别的", "重复投诉"),
        ("", "", ""),
        ("", "啊" * 60, "啊" * 24 + "…"),
        ("", "a" * 60, "a" * 48 + "…"),
        (
            "",
            "代理商打电话说免费升级，结果月费从 59 变成 89，我问他还说是我自己同意的",
            "代理商打电话说免费升级，结果月费从 59 变成 89…",
        ),
        ("", "啊" * 12 + "，" + "啊" * 11, "啊" * 12 + "，" + "啊" * 11),
    ],
)
def test_the_first_sentence_is_the_title(title: str, comment: str, expected: str) -> None:
    assert title_of(title=title, comment=comment) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(1, "GD-20261122-0001"), (9999, "GD-20261122-9999"), (10000, "GD-20261122-10000")]
)
def test_codes(number: int, expected: str) -> None:
    assert code_of(date(2026, 11, 22), number) == expected
