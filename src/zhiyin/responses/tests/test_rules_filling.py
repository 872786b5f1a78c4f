"""What of a form becomes an answer, and what is said about the rest (RELIABILITY 3.3)."""

import tomllib
from typing import Any

import pytest

from zhiyin.responses.rules import Filled, fill_page, fill_record, from_form, own_words
from zhiyin.responses.rules.wording import SENTENCES, fault_of, sentence
from zhiyin.responses.testing import GOOD, LOW
from zhiyin.surveys.rules import Questionnaire, parse
from zhiyin.surveys.testing import SURVEY

ASKED = parse(tomllib.loads(SURVEY))
EXTRA: dict[str, Any] = {
    "question": [
        {"key": "overall", "title": {"zh-hans": "总体", "en": "Overall"}, "scale": "ten"},
        {
            "key": "solved",
            "title": {"zh-hans": "解决了吗", "en": "Solved"},
            "kind": "choice",
            "required": False,
            "option": [{"key": key, "text": {"zh-hans": key, "en": key}} for key in ("yes", "no")],
        },
        {
            "key": "used",
            "title": {"zh-hans": "用过哪些", "en": "Used"},
            "kind": "choice",
            "multiple": True,
            "required": False,
            "option": [{"key": key, "text": {"zh-hans": key, "en": key}} for key in ("app", "shop", "call")],
        },
        {
            "key": "why",
            "title": {"zh-hans": "为什么", "en": "Why"},
            "kind": "text",
            "longest": 20,
            "required": False,
        },
    ]
}
WIDE = parse(
    {
        "scale": tomllib.loads(SURVEY)["scale"],
        "survey": [{"key": "wide", "name": {"zh-hans": "宽", "en": "W"}, **EXTRA}],
    }
)


def page(fields: dict[str, str] | list[tuple[str, str]], asked: Questionnaire = ASKED) -> Filled:
    return fill_page(from_form(fields.items() if isinstance(fields, dict) else fields)[0], asked)


def wrong(filled: Filled) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in filled.faults]


def test_a_good_form_is_scores_and_a_headline() -> None:
    filled = page(GOOD)
    assert (filled.scores, filled.headline, filled.is_low) == ({"overall": 9, "attitude": 10}, 9, False)
    assert filled.answers == [("overall", 9, "9"), ("attitude", 10, "10")]
    assert not filled.faults


def test_a_low_form_keeps_reasons_comment_and_the_tick() -> None:
    filled = page(LOW)
    assert filled.is_low
    assert filled.wants_contact
    assert filled.comment == "月费从 59 变成 89。"
    assert ("reasons", 1, "rude") in filled.answers


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, [("overall", "required"), ("attitude", "required")], id="S23 empty form"),
        pytest.param({"q_overall": "9"}, [("attitude", "required")], id="S24 missing required"),
        pytest.param({**GOOD, "q_overall": ""}, [("overall", "required")], id="S24 blank required"),
        pytest.param({**GOOD, "q_overall": "11"}, [("overall", "off_scale")], id="S25 eleven of ten"),
        pytest.param({**GOOD, "q_overall": "-1"}, [("overall", "off_scale")], id="S26 minus one"),
        pytest.param({**GOOD, "q_overall": "5.5"}, [("overall", "off_scale")], id="S27 half a point"),
        pytest.param({**GOOD, "q_overall": "05"}, [("overall", "off_scale")], id="S27 leading nought"),
        pytest.param({**GOOD, "q_overall": "九"}, [("overall", "off_scale")], id="S27 a word"),
        pytest.param({**GOOD, "q_overall": "1e1"}, [("overall", "off_scale")], id="S27 an exponent"),
        pytest.param([*GOOD.items(), ("q_overall", "8")], [("overall", "one_only")], id="S28 two values"),
        pytest.param([*GOOD.items(), ("q_overall", "9")], [("overall", "one_only")], id="S28 the same twice"),
        pytest.param({**LOW, "q_reasons": "overall"}, [("reasons", "unknown_option")], id="S29 option of another"),
        pytest.param({**LOW, "q_reasons": "elsewhere"}, [("reasons", "unknown_option")], id="S30 option of nobody"),
        pytest.param({**GOOD, "q_height": "9"}, [("height", "unknown_question")], id="S31 unknown question"),
        pytest.param({**LOW, "q_comment": "字" * 2001}, [("comment", "too_long")], id="S35 comment of 2,001"),
    ],
)
def test_every_fault_is_named_in_the_order_of_the_page(fields: Any, expected: list[tuple[str, str]]) -> None:
    assert wrong(page(fields)) == expected


@pytest.mark.parametrize(
    ("typed", "score"),
    [
        pytest.param("５", 5, id="S32 full-width digit"),
        pytest.param("１０", 10, id="S32 full-width ten"),
        pytest.param(" 7 ", 7, id="S32 spaces"),
    ],
)
def test_full_width_digits_are_digits(typed: str, score: int) -> None:
    assert page({**GOOD, "q_overall": typed}).scores["overall"] == score


def test_s33_answers_to_a_hidden_branch_are_dropped_and_named() -> None:
    filled = page({**GOOD, "q_reasons": "rude", "q_comment": "很好", "q_call_me": "1"})
    assert filled.dropped == ["reasons", "comment", "call_me"]
    assert (filled.comment, filled.wants_contact, filled.answers[2:]) == ("", False, [])
    assert not filled.faults


def test_s33_a_fault_in_a_hidden_branch_is_no_fault() -> None:
    assert not page({**GOOD, "q_reasons": "elsewhere"}).faults


def test_s34_extra_fields_are_ignored_and_named() -> None:
    typed, others = from_form([*GOOD.items(), ("score", "10"), ("case_id", "1"), ("v", "3"), ("t", "4")])
    assert set(typed) == {"overall", "attitude"}
    assert others == ["score", "case_id"]


def test_s35_a_comment_of_exactly_2000_fits_and_a_line_break_counts_once() -> None:
    assert not page({**LOW, "q_comment": "字" * 1000 + "\r\n" + "字" * 999}).faults
    assert page({**LOW, "q_comment": "字" * 2001}).typed["comment"] == ["字" * 2001]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("\u202egnp.exe", id="S41"),
        pytest.param("z̷̢̛a̸l̵g̶o̷" * 20, id="S42"),
        pytest.param("👩‍👩‍👧‍👦", id="S43"),
        pytest.param("𠮷𰻝", id="S44"),
        pytest.param("<img src=x onerror=alert(1)>", id="S45"),
        pytest.param("{{7*7}}", id="S46"),
        pytest.param("${x}", id="S47"),
        pytest.param("%s{0}", id="S48"),
        pytest.param("=cmd|' /C calc'!A0", id="S49"),
        pytest.param("\"'\\", id="S50"),
        pytest.param("javascript:alert(1)", id="S51"),
        pytest.param("a\r\nBcc: x@example.com", id="S52"),
    ],
)
def test_words_are_kept_exactly(words: str) -> None:
    assert page({**LOW, "q_comment": words}).comment == words


def test_s39_nul_is_taken_out() -> None:
    assert page({**LOW, "q_comment": "a\0b"}).comment == "ab"


def test_choices_and_texts() -> None:
    filled = page(
        [
            ("q_overall", "9"),
            ("q_solved", "yes"),
            ("q_used", "app"),
            ("q_used", "call"),
            ("q_used", "app"),
            ("q_why", "快"),
        ],
        WIDE,
    )
    assert filled.answers[1:] == [("solved", 1, "yes"), ("used", 1, "app"), ("used", 1, "call"), ("why", None, "快")]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ([("q_solved", "yes"), ("q_solved", "no")], "one_only"),
        ([("q_used", "boat")], "unknown_option"),
        ([("q_why", "字" * 21)], "too_long"),
        ([("q_why", "a"), ("q_why", "b")], "one_only"),
    ],
)
def test_choices_and_texts_have_their_faults(extra: list[tuple[str, str]], code: str) -> None:
    assert [one.code for one in page([("q_overall", "9"), *extra], WIDE).faults] == [code]


def test_without_a_follow_up_nothing_is_hidden() -> None:
    filled = page({"q_overall": "9", "q_comment": "不错", "q_call_me": "1"}, WIDE)
    assert (filled.comment, filled.wants_contact, filled.dropped) == ("不错", True, [])
    assert wrong(page({"q_overall": "9", "q_reasons": "slow"}, WIDE)) == [("reasons", "unknown_option")]


def test_what_is_switched_off_is_not_asked() -> None:
    document = tomllib.loads(SURVEY)
    document["survey"][0] |= {"comment": False, "call_me": False}
    filled = page(LOW, parse(document))
    assert wrong(filled) == [("comment", "unknown_question"), ("call_me", "unknown_question")]


def test_another_system_may_have_asked_only_part() -> None:
    filled = fill_record({"overall": ["3"], "comment": ["慢"], "reasons": ["slow"], "call_me": [""]}, ASKED)
    assert not filled.faults
    assert (filled.comment, filled.wants_contact, filled.is_low) == ("慢", False, True)
    assert wrong(fill_record({}, ASKED)) == [("", "no_answers")]
    assert wrong(fill_record({"overall": [""]}, ASKED)) == [("", "no_answers")]


def test_own_words_are_what_somebody_wrote_not_what_they_ticked() -> None:
    typed = {"overall": ["9"], "reasons": ["slow"], "why": ["太慢了"], "comment": ["short", " "]}
    assert own_words(typed) == "太慢了\n\nshort"


@pytest.mark.parametrize("code", SENTENCES)
def test_every_fault_has_a_sentence_with_its_limit(code: str) -> None:
    found = [one for one in page({**LOW, "q_overall": "11", "q_comment": "字" * 2001}).faults if one.code == code]
    for one in found:
        assert sentence(one, "zh-hans") != sentence(one, "en")
        assert any(str(value) in sentence(one, "zh-hans") for value in one.params.values())
        assert fault_of(one, under="answers").field == f"answers.{one.field}"
