"""An invitation goes as one segment, and its link is never cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.messaging.rules.segment import CUT, one_segment, over, segments_of

LINK = "https://s.example.cn/s/0123456789Ab"


@pytest.mark.parametrize(
    ("text", "too_long"),
    [
        ("好" * 70, 0),
        ("好" * 71, 1),
        ("a" * 160, 0),
        ("a" * 161, 1),
        ("a" * 80 + "好", 11),
        ("𠮷" * 35, 0),  # beyond the basic plane: two units each
        ("𠮷" * 36, 2),
        ("€" * 80, 0),  # GSM's second table: two places each
        ("€" * 81, 2),
        ("", 0),
    ],
)
def test_what_a_segment_holds(text: str, too_long: int) -> None:
    assert over(text) == too_long


def test_what_fits_is_left_alone() -> None:
    sms = one_segment(signature="【云桥】", text="请评价刚才的服务：{link} 拒收请回复R", link=LINK)
    assert sms == f"【云桥】请评价刚才的服务：{LINK} 拒收请回复R"


def test_the_greeting_is_cut_first_and_the_refusal_stays() -> None:
    greeting = "尊敬的客户您好，感谢您刚才致电，请您抽出半分钟评价刚才的服务"
    sms = one_segment(signature="【云桥】", text=greeting + "：{link} 拒收请回复R", link=LINK)
    assert over(sms) == 0
    assert sms.startswith("【云桥】尊敬的客户")
    assert sms.endswith(f"{CUT} {LINK} 拒收请回复R")


def test_then_the_end_and_the_signature_last() -> None:
    sms = one_segment(signature="【云桥】", text="请评价：{link}" + "，" * 60, link=LINK)
    assert over(sms) == 0
    assert sms.startswith(f"【云桥】{LINK}")


def test_a_link_longer_than_a_segment_goes_alone() -> None:
    link = "https://" + "x" * 70 + ".中国/s/0123456789Ab"
    assert one_segment(signature="【云桥】", text="请评价：{link}。", link=link) == link


@given(signature=st.text(max_size=30), before=st.text(max_size=120), behind=st.text(max_size=60))
def test_whatever_the_words_the_link_is_whole_and_the_segment_one(signature: str, before: str, behind: str) -> None:
    text = before.replace("{link}", "") + "{link}" + behind.replace("{link}", "")
    sms = one_segment(signature=signature, text=text, link=LINK)
    assert LINK in sms
    assert over(sms) == 0


@pytest.mark.parametrize(
    ("text", "segments"),
    [("好" * 70, 1), ("好" * 71, 2), ("好" * 134, 2), ("好" * 135, 3), ("a" * 160, 1), ("a" * 161, 2), ("a" * 307, 3)],
)
def test_several_segments_each_hold_less_than_one_alone(text: str, segments: int) -> None:
    assert segments_of(text) == segments
