"""Questionnaires from files: what is read, what is refused, and that a stored version reads back equal."""

import json
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from zhiyin.lib.text import both
from zhiyin.surveys.rules import Faulty, Kind, Questionnaire, Shown, parse, parse_file, render

SCALE = {"key": "ten", "low": 1, "high": 10, "low_label": both("差", "Poor"), "high_label": both("好", "Good")}


def question(key: str = "overall", **more: Any) -> dict[str, Any]:
    return {"key": key, "title": both("总体", "Overall"), "scale": "ten", **more}


def document(*, top: dict[str, Any] | None = None, questions: list[Any] | None = None, **survey: Any) -> dict[str, Any]:
    asked = questions if questions is not None else [question()]
    one = {"key": "ecsi", "name": both("手机满意度", "Mobile"), "question": asked, **survey}
    return {"scale": [SCALE], "survey": [one], **(top or {})}


def faults(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(Faulty) as caught:
        parse_file(raw)
    return [str(fault) for fault in caught.value.faults]


def hotline() -> list[Questionnaire]:
    """The pack's own file, as it ships."""
    return parse_file(tomllib.loads((files("zhiyin") / "packs/hotline/survey.toml").read_text("utf-8")))


class TestReading:
    def test_a_key_a_name_a_scale_and_one_question_are_enough(self) -> None:
        (one,) = parse_file(document())
        assert (one.key, one.purpose, one.languages) == ("ecsi", "service", ("zh-hans", "en"))
        assert one.questions[0].scale is not None
        assert list(one.questions[0].scale.points) == list(range(1, 11))
        assert (one.roles.headline, one.roles.top_from) == ("overall", 10)
        assert one.comment
        assert one.call_me
        assert one.follow_up is None

    def test_every_built_in_word_says_that_it_is_a_default_or_where_it_comes_from(self) -> None:
        (one,) = parse_file(document())
        for item in (one.comment, one.call_me, one.thanks, one.thanks_low, one.sms, one.email, one.notice):
            assert item is not None
            assert item.source

    def test_all_kinds_of_questions(self) -> None:
        options = [{"key": "yes", "text": both("是", "Yes")}, {"key": "no", "text": both("否", "No")}]
        choice = {"key": "solved", "kind": "choice", "title": both("解决了吗", "Solved"), "option": options}
        text = {"key": "why", "kind": "text", "title": both("为什么", "Why"), "longest": 50, "required": False}
        (one,) = parse_file(document(questions=[question(), {**choice, "multiple": True}, text]))
        assert [each.kind for each in one.questions] == [Kind.SCALE, Kind.CHOICE, Kind.TEXT]
        assert one.questions[1].multiple
        assert one.questions[2].longest == 50

    def test_a_survey_that_is_like_another_takes_what_it_does_not_say(self) -> None:
        raw = document()
        raw["survey"].append({"key": "shop", "like": "ecsi", "name": both("门店", "Shop")})
        first, second = parse_file(raw)
        assert second.questions == first.questions
        assert (second.key, second.name["en"]) == ("shop", "Shop")

    def test_comment_and_call_me_can_be_switched_off(self) -> None:
        (one,) = parse_file(document(comment=False, call_me=False))
        assert (one.comment, one.call_me) == (None, None)

    def test_one_language_may_be_enough(self) -> None:
        raw = document(top={"languages": ["zh-hans"]})
        (one,) = parse_file(raw)
        assert one.languages == ("zh-hans",)

    def test_the_hotline_pack_is_read(self) -> None:
        surveys = {one.key: one for one in hotline()}
        one = surveys["hotline_service"]
        assert [each.key for each in one.questions][:2] == ["overall", "attitude"]
        assert len(one.questions) == 6  # S0.35
        assert {each.dimension for each in one.questions} - {""} == {"behavior", "value", "safety", "convenience"}
        assert all(each.source for each in one.questions)
        assert one.roles.top_from == 10
        assert one.comment is not None
        assert one.comment.shown is Shown.ALWAYS
        assert (one.is_low(6), one.is_low(7)) == (True, False)


class TestWriting:
    @pytest.mark.parametrize("one", [*hotline(), parse_file(document())[0], parse_file(document(comment=False))[0]])
    def test_a_stored_version_reads_back_equal(self, one: Questionnaire) -> None:
        stored = json.loads(json.dumps(render(one)))
        assert parse(stored) == one
        assert render(parse(stored)) == stored

    def test_a_version_is_one_survey(self) -> None:
        raw = document()
        raw["survey"].append({"key": "shop", "like": "ecsi"})
        with pytest.raises(Faulty, match="exactly one"):
            parse(raw)


class TestFaults:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ({"scale": [SCALE]}, "survey: needs at least 1 of them."),
            ({"scale": 1, "survey": 2}, "scale: must be a list of tables."),
            (document(questions=[]), "survey[ecsi].question: needs at least 1 of them."),
            (document(questions=[7]), "survey[ecsi].question[1]: must be a table."),
            (document(top={"notise": {}}), "notise: is not a key of this table; did you mean 'notice'?"),
            (document(colour="red"), "survey[ecsi].colour: is not a key of this table."),
            (document(top={"languages": ["fr"]}), "languages: must be a list of: zh-hans, en."),
            (document(key="Ecsi"), "survey[Ecsi].key: must be small letters"),
            (document(purpose="fun"), "survey[ecsi].purpose: 'fun' is not one of: recovery, service, study."),
            (document(name={"zh-hans": "只有中文"}), "survey[ecsi].name: has no text in en."),
            (document(name="手机"), "survey[ecsi].name: must be a text in each language"),
            (document(name=both(" 手机", "Mobile")), "survey[ecsi].name.zh-hans: must be words, not empty"),
            (document(name=both("手\n机", "Mobile")), "survey[ecsi].name.zh-hans: must be one line"),
            (document(name=both("字" * 41, "Mobile")), "survey[ecsi].name.zh-hans: has 41 characters; at most 40 fit."),
            (document(greeting=both("{agent}好吗", "How")), "holds {agent}, which nobody fills in here."),
            (document(questions=[question(scale="five")]), "there is no scale 'five' in this file."),
            (document(questions=[question(), question()]), "survey[ecsi].question: 'overall' stands there twice."),
            (document(questions=[question("comment")]), "question[comment]: is the name of a field of its own"),
            (document(questions=[question(kind="slider")]), "'slider' is not one of: choice, scale, text."),
            (document(questions=[question(required="yes")]), "required: must be true or false."),
            (document(questions=[{**question(), "title": None}]), "title: must be a text"),
            (
                document(questions=[question(), {"key": "x", "kind": "choice", "title": both("甲", "A")}]),
                "at least two",
            ),
            (document(measures={"headline": "speed", "top_from": 10}), "'speed' is not a scale question"),
            (document(measures={"headline": "overall", "top_from": 1}), "top_from: is not on the headline"),
            (document(measures={"headline": "overall", "top_from": 10, "nps": "x"}), "measures.nps: 'x' is not"),
            (document(scenario=7), "survey[ecsi].scenario: must be words in quotation marks."),
            (document(source=[1]), "survey[ecsi].source: must be a list of words."),
            (document(measures={"headline": "overall", "top_from": "10"}), "top_from: must be a whole number."),
            (document(measures={"headline": "overall", "top_from": True}), "top_from: must be a whole number."),
            (document(measures={"headline": "overall"}), "measures.top_from: is missing."),
            (document(purpose=None), "survey[ecsi].purpose: must be words"),
            (document(like="nothing"), "like: names no survey of this file"),
            (
                document(sms={"signature": both("【云】", "[Y]"), "text": both("请评价", "Rate {link}")}),
                "must hold {link}.",
            ),
            (
                document(sms={"signature": both("【云】", "[Y]"), "text": both("字" * 40 + "{link}", "Rate {link}")}),
                "takes 79 characters with signature and link; one message has 70.",
            ),
            (document(thanks={"title": both("谢", "T")}), "thanks.body: is missing."),
            (
                document(thanks_low={"title": both("谢", "T"), "body": both("谢", "T"), "promises": 3}),
                "must be a list.",
            ),
            (
                document(follow_up={"low_to": 10, "reason": [{"key": "a", "text": both("甲", "A")}]}),
                "follow_up.low_to: must be from 0 to 9.",
            ),
        ],
    )
    def test_each_is_named_with_its_place(self, raw: dict[str, Any], expected: str) -> None:
        assert any(expected in fault for fault in faults(raw)), faults(raw)

    def test_low_to_is_below_the_top_of_every_scale(self) -> None:
        five = {**SCALE, "key": "five", "low": 1, "high": 5}
        reasons = [{"key": key, "text": both("甲", "A")} for key in ("a", "b")]
        raw = document(
            questions=[question(), question("other", scale="five")], follow_up={"low_to": 6, "reason": reasons}
        )
        raw["scale"].append(five)
        assert faults(raw) == ["survey[ecsi].follow_up.low_to: is not below the top of the scale 'five'."]

    def test_a_scale_has_two_different_ends(self) -> None:
        raw = document()
        raw["scale"] = [{**SCALE, "low": 10}]
        assert "scale[ten].low: must be below `high`." in faults(raw)

    def test_all_faults_are_told_at_once(self) -> None:
        raw = document(name=both("", "Mobile"), purpose="fun", questions=[question(scale="x"), question("reasons")])
        raw["scale"][0]["high"] = 11
        assert len(faults(raw)) >= 5
