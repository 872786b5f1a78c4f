"""What counts as angry, sentence by sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.insight.rules import BadLexicon, Span, lexicon_of, read_comment
from zhiyin.insight.testing import EMOTIONS

LEXICON = lexicon_of(EMOTIONS)
ANGRY = (
    "代理商骗子，偷改我的套餐",
    "你们就是垃圾",
    "真是气死我了",
    "气人",
    "客服态度恶劣",
    "我非常生气",
    "太差，太敷衍",
    "失望透顶，再也不用了，不满意",
    "没解决，还态度恶劣",  # the negation belongs to another thought
    "问题没处理却恶劣得很",
    "能不能别这么敷衍，很差",  # 能不能 only looks like a negation
    "还不够气人吗",
    "从来没有这么生气过",
    "没有比这更气人的了",
    "不是不生气，是没力气",  # two negations cancel each other
    "垃 圾 公 司",  # blanks put in to slip through
    "垃\u200b圾",  # an invisible character in between
    "很差！！太差！！",
    "敷衍！！推诿！！",
    "简直忍无可忍",
    "失望，无语，糟糕",
    "ＳＣＡＭ，骗人",  # full-width letters
    "I am furious",
    "This is a SCAM",
    "Very rude and awful service",
    "I've never been so angry in my life",
    "You lied to me. Unacceptable!",
    "not only rude but totally useless",
    "They’re not helpful. So rude, so useless",
    "terrible!! awful!!",
)
CALM = (
    "",
    "   ",
    "很满意，谢谢",
    "我没有生气",
    "我并非生气，只是问一下",
    "不算恶劣",
    "没有投诉的意思",
    "未投诉",
    "有点失望",
    "有点生气",  # half the weight
    "不太满意",
    "还行吧",
    "客服很耐心，问题没解决",
    "之前很失望，后来客服耐心解释，谢谢，满意",  # thanks soothe
    "宽带移机什么时候能办好？",
    "昨天提交的工单还没有人联系我",
    "他们不是骗子",
    "I am not angry",
    "I wasn't really mad",
    "made in China",  # "mad" is not in "made"
    "No complaints, very helpful, thank you",
    "a bit disappointed",
    "It was not rude at all",
    "10",
    "👍👍👍",
)


@pytest.mark.parametrize("comment", ANGRY)
def test_angry_comments_read_as_angry(comment: str) -> None:
    assert read_comment(comment, LEXICON).is_angry


@pytest.mark.parametrize("comment", CALM)
def test_calm_comments_read_as_calm(comment: str) -> None:
    assert not read_comment(comment, LEXICON).is_angry


@pytest.mark.parametrize(
    ("comment", "anger"),
    [
        ("恶劣", 2.0),
        ("太恶劣", 3.0),  # strengthened
        ("有点恶劣", 1.0),  # weakened
        ("不恶劣", 0.0),  # negated
        ("不满意", 1.0),  # listed as a word of its own: longest first
        ("不很满意", 0.5),  # negated praise
        ("恶劣，满意", 1.0),  # soothed
        ("谢谢", 0.0),  # never below zero
        ("失望透顶", 1.5),  # what strengthens may also follow
        ("恶劣！！", 2.5),  # shouted
        ("恶劣！", 2.0),
        ("not happy", 0.5),
        ("not very happy", 0.5),
        ("not a word of help and rude", 1.0),  # out of the negation's reach
    ],
)
def test_points_add_up_as_documented(comment: str, anger: float) -> None:
    assert read_comment(comment, LEXICON).anger == anger


def test_highlights_stand_where_the_words_stand_in_the_original() -> None:
    comment = "你们 垃\u200b圾，Very RUDE，我不很满意"
    found = read_comment(comment, LEXICON).spans
    assert [(comment[one.start : one.end], one.term) for one in found] == [
        ("垃\u200b圾", "垃圾"),
        ("RUDE", "rude"),
        ("不很满意", "满意"),
    ]


def test_what_was_denied_is_not_highlighted() -> None:
    assert read_comment("没有生气", LEXICON).spans == ()


def test_groups_come_heaviest_first() -> None:
    assert read_comment("失望，恶劣，骗子", LEXICON).topics == ("insult", "anger", "disappointment")


def test_the_threshold_itself_is_angry() -> None:
    assert read_comment("恶劣", LEXICON).is_angry
    assert LEXICON.angry_from == 2.0


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_its_highlights_lie_within_it(comment: str) -> None:
    reading = read_comment(comment, LEXICON)
    assert reading.anger >= 0
    assert all(0 <= one.start < one.end <= len(comment) for one in reading.spans)
    assert [one.start for one in reading.spans] == sorted(one.start for one in reading.spans)


@given(
    st.lists(
        st.sampled_from(["恶劣", "不", "满意", "很", "，", "骗子", "not ", "rude", " ", "！！", "还"]), max_size=12
    )
)
def test_highlights_never_overlap(pieces: list[str]) -> None:
    spans: tuple[Span, ...] = read_comment("".join(pieces), LEXICON).spans
    assert all(one.end <= other.start for one, other in zip(spans, spans[1:], strict=False))


def test_a_negated_angry_word_never_adds_anger() -> None:
    for word in EMOTIONS["expressions"][1]["words"]["zh-hans"]:
        assert read_comment(f"没有{word}", LEXICON).anger == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"angry_from": 0}, "angry_from must be above 0"),
        ({"angry_from": "much"}, "shape of emotions.toml"),
        ({"expressions": [{"weight": 1, "words": {"en": ["bad"]}}]}, "'key' is missing"),
        ({"expressions": [{"key": "x", "weight": 1, "words": {"en": [""]}}]}, "empty word"),
        ({"negations": {"reach": {"en": 2}, "words": {}}}, "'zh-hans' is missing"),
    ],
)
def test_a_broken_lexicon_is_refused_with_its_key(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadLexicon, match=sentence):
        lexicon_of({**EMOTIONS, **change})
