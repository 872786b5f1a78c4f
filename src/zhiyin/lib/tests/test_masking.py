"""What is shown of a person: enough to recognise, too little to use (S0.47, RELIABILITY S53)."""

import pytest

from zhiyin.lib.masking import mask_card, mask_email, mask_id, mask_name, mask_phone, scrub
from zhiyin.lib.phones import Phone, PhoneKind


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("15012341528", "150****1528"),
        ("+86 138-0013-8000", "138****8000"),
        ("010-65529988", "010****9988"),
        ("+1 415 555 2671", "+1****2671"),
        ("not a number", "***"),
        ("", "***"),
    ],
)
def test_a_phone_keeps_its_ends(number: str, masked: str) -> None:
    assert mask_phone(number) == masked
    assert mask_phone(Phone(PhoneKind.MOBILE, "+8615012341528", "15012341528")) == "150****1528"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("王明", "王**"),
        ("王", "王**"),
        ("欧阳修", "欧阳**"),
        ("欧阳", "欧**"),
        ("阿不都·热合曼", "阿**"),
        ("𠀀小明", "𠀀**"),
        (" John  Smith ", "J*** S***"),
        ("Édith Piaf", "É*** P***"),
        ("a b c d e", "a*** b*** c***"),
        ("  ", ""),
    ],
)
def test_a_name_keeps_its_surname_or_initials(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_the_stars_do_not_tell_how_long_a_name_is() -> None:
    assert mask_name("王小明明明") == mask_name("王明")


@pytest.mark.parametrize(
    ("address", "masked"),
    [("zhang@example.com", "z***@example.com"), ("@example.com", "***"), ("zhang", "***"), ("", "***")],
)
def test_an_email_keeps_its_domain(address: str, masked: str) -> None:
    assert mask_email(address) == masked


@pytest.mark.parametrize(("identifier", "masked"), [("call-20261122-000001", "ca***01"), ("C1001", "***"), ("", "***")])
def test_an_identifier_keeps_its_ends(identifier: str, masked: str) -> None:
    assert mask_id(identifier) == masked


def test_a_card_keeps_its_first_and_last_character() -> None:
    assert mask_card("11010519491231002X") == "1****************X"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的电话是13800138000，请回电", "我的电话是138****8000，请回电"),
        ("打 138 0013 8000 或 139-0013-9000", "打 138****8000 或 139****9000"),
        ("+86 13800138000", "+86 138****8000"),
        ("8613800138000", "86138****8000"),
        ("１３８００１３８０００", "138****8000"),
        ("幺三八零零幺三八零零零找我", "138****8000找我"),
        ("一三八〇〇一三八〇〇〇找我", "138****8000找我"),
        ("家里010-65529988", "家里010****9988"),
        ("身份证11010519491231002X号", "身份证1****************X号"),
        ("旧证110105491231002", "旧证1*************2"),
        ("订单202611220000012345没到", "订单202611220000012345没到"),
        ("等了30分钟，打了3次10086", "等了30分钟，打了3次10086"),
        ("一二三四五六七", "一二三四五六七"),
        ("第一次，二零二六年", "第一次，二零二六年"),
        ("2026-11-22 10:00 扣费 138.00", "2026-11-22 10:00 扣费 138.00"),
        ("", ""),
    ],
)
def test_a_comment_loses_its_numbers_and_nothing_else(text: str, masked: str) -> None:
    assert scrub(text) == masked
