"""What a customer means who writes back (G52–G64)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.messaging.rules.uplinks import Course, Meaning, joined, meaning_of, score_of, what_follows

TABLE = {
    Meaning.OPT_OUT: [
        *(
            "R",
            "r ",
            "Ｒ",
            "r。",
            "T",
            "TD",
            "ｔｄ",
            "N",
            "退订",
            "退订。",
            "【退订】",
            " 退 订 ！",
            "回复R",
            "STOP",
            "拒收",
            "取消",
            "勿扰",
        ),
    ],
    Meaning.OPT_OUT_AND_MORE: [
        *(
            "我要退订谢谢",
            "退订退订",
            "请不要再发了",
            "别给我发短信",
            "please unsubscribe me",
            "拒收请回复R",
            "不要骚扰？别打扰我",
        ),
    ],
    Meaning.COMPLAINT: ["骚扰短信", "我要向12321举报你们", "This is SPAM"],
    Meaning.SCORE: ["5", "５", " 10 ", "五", "10分", "9分！"],
    Meaning.AUTOMATIC: ["[自动回复] 我在开会", "我正在开车", "Out of office", "Auto-Reply: back on Monday"],
    Meaning.OTHER: ["", "你好", "我没有退订", "我不想退订", "11", "不是退订", "投诉你们师傅", "谢谢", "RR", "好的"],
}
TABLE[Meaning.OPT_OUT_AND_MORE].remove("不要骚扰？别打扰我")
TABLE[Meaning.COMPLAINT].append("不要骚扰？别打扰我")


@pytest.mark.parametrize(("text", "meaning"), [(text, meaning) for meaning, texts in TABLE.items() for text in texts])
def test_what_a_reply_means(text: str, meaning: Meaning) -> None:
    assert meaning_of(text) is meaning


@pytest.mark.parametrize(
    ("meaning", "open_surveys", "scores_answer", "course"),
    [
        (Meaning.OPT_OUT, 1, False, Course(opts_out=True)),
        (Meaning.OPT_OUT_AND_MORE, 0, False, Course(opts_out=True, needs_person=True)),
        (Meaning.COMPLAINT, 0, False, Course(opts_out=True, needs_person=True)),
        (Meaning.AUTOMATIC, 1, True, Course()),
        (Meaning.SCORE, 1, False, Course(needs_person=True)),
        (Meaning.SCORE, 1, True, Course(answers=True)),
        (Meaning.SCORE, 2, True, Course(needs_person=True)),
        (Meaning.SCORE, 0, True, Course(needs_person=True)),
        (Meaning.OTHER, 1, True, Course(needs_person=True)),
    ],
)
def test_what_follows_from_it(meaning: Meaning, open_surveys: int, scores_answer: bool, course: Course) -> None:
    assert what_follows(meaning, open_surveys=open_surveys, scores_answer=scores_answer) == course


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(meaning_of(text), Meaning)
    assert score_of(text) in (None, *range(11))


def test_parts_are_joined_in_their_own_order_when_all_are_there() -> None:
    assert joined([(2, "订"), (1, "退")], number=2) == "退订"
    assert joined([(2, "订")], number=2) is None
