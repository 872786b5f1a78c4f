"""Which answers a figure reads, and the list of them: by moment, dimension, measure and group of customers."""

import pytest

from zhiyin.lib.text import both
from zhiyin.metrics.language import Unit
from zhiyin.responses.measures import MEASURES
from zhiyin.responses.rules import EVERY, READINGS, is_nps, low_to, questions_read, top_from
from zhiyin.surveys.rules import Questionnaire, parse

SCALE = {"key": "ten", "low": 0, "high": 10, "low_label": both("差", "Poor"), "high_label": both("好", "Good")}
ASKED = {"overall": "", "attitude": "behavior", "ability": "behavior", "worth": "value", "again": "", "effort": ""}


def questionnaire(*, with_roles: bool = True) -> Questionnaire:
    questions: list[dict[str, object]] = [
        {"key": key, "kind": "scale", "scale": "ten", "title": both(key, key)}
        | ({"dimension": dimension} if dimension else {})
        for key, dimension in ASKED.items()
    ]
    ticked: dict[str, object] = {
        "key": "solved",
        "kind": "choice",
        "title": both("解决", "Solved"),
        "dimension": "behavior",
    }
    ticked["option"] = [{"key": "yes", "text": both("是", "Yes")}, {"key": "no", "text": both("否", "No")}]
    survey: dict[str, object] = {
        "key": "talk",
        "purpose": "service",
        "name": both("评价", "Talk"),
        "question": [*questions, ticked],
    }
    if with_roles:
        survey["measures"] = {"headline": "overall", "nps": "again", "ces": "effort", "top_from": 10}
    return parse({"scale": [SCALE], "survey": [survey]})


@pytest.mark.parametrize(
    ("measure", "dimension", "read"),
    [
        ("top_box", "", ("overall",)),
        ("mean", "", ("overall",)),
        ("top_box", "behavior", ("attitude", "ability")),  # never what was ticked
        ("csat", "value", ("worth",)),
        ("bottom_box", "safety", ()),
        ("nps", "", ("again",)),
        ("nps", "behavior", ()),  # the question of NPS has no dimension, and no other question is NPS
        ("ces", "", ("effort",)),
        ("recovery_rate", "", ("overall",)),
        ("recovery_rate", "value", ()),
    ],
)
def test_a_figure_reads_its_question_or_those_of_a_dimension(measure: str, dimension: str, read: tuple[str, ...]):
    assert questions_read(READINGS[measure], questionnaire(), dimension=dimension) == read


@pytest.mark.parametrize(("measure", "read"), [("top_box", ("overall",)), ("nps", ("overall",)), ("ces", ())])
def test_where_a_survey_names_no_question_the_first_is_the_headline_and_of_nps_too(measure: str, read: tuple[str, ...]):
    assert questions_read(READINGS[measure], questionnaire(with_roles=False)) == read


def test_a_dimension_without_a_measure_reads_all_its_questions():
    assert questions_read(EVERY, questionnaire(), dimension="behavior") == ("attitude", "ability")


def test_every_rate_and_mean_over_answers_can_open_its_list():
    over_answers = {one.key for one in MEASURES if one.fact == "answers" and one.unit is not Unit.COUNT}
    assert set(READINGS) == over_answers


def of_scales(headline: str, threshold: int, *, low: int | None = None) -> Questionnaire:
    """A survey whose headline is on one scale, with a question on each."""
    ends = {"five": (1, 5), "seven": (1, 7), "ten": (0, 10)}
    scales = [SCALE | {"key": key, "low": bottom, "high": top} for key, (bottom, top) in ends.items()]
    survey: dict[str, object] = {
        "key": "talk",
        "purpose": "service",
        "name": both("评价", "Talk"),
        "question": [{"key": key, "kind": "scale", "scale": key, "title": both(key, key)} for key in ends],
        "measures": {"headline": headline, "top_from": threshold},
    }
    if low is not None:
        reasons = [{"key": "slow", "text": both("慢", "Slow")}, {"key": "rude", "text": both("不耐烦", "Rude")}]
        survey["follow_up"] = {"title": both("为什么", "Why"), "low_to": low, "reason": reasons}
    return parse({"scale": scales, "survey": [survey]})


@pytest.mark.parametrize(
    ("headline", "threshold", "expected"),
    [
        ("five", 5, {"five": 5, "seven": 7, "ten": 10}),
        ("five", 4, {"five": 4, "seven": 6, "ten": 8}),
        ("ten", 9, {"five": 5, "seven": 7, "ten": 9}),
        ("seven", 7, {"five": 5, "seven": 7, "ten": 10}),
    ],
)
def test_a_threshold_holds_at_its_place_on_every_scale(headline: str, threshold: int, expected: dict[str, int]):
    survey = of_scales(headline, threshold)
    assert {one.key: top_from(survey, one) for one in survey.questions} == expected


@pytest.mark.parametrize(
    ("headline", "low", "expected"),
    [
        ("ten", 4, {"five": 2, "seven": 3, "ten": 4}),
        ("five", 2, {"five": 2, "seven": 2, "ten": 2}),
        ("ten", None, {"five": 3, "seven": 4, "ten": 6}),
    ],
)
def test_low_scores_are_low_on_their_own_scale(headline: str, low: int | None, expected: dict[str, int]):
    survey = of_scales(headline, 5, low=low)
    assert {one.key: low_to(survey, one) for one in survey.questions} == expected


def test_there_is_no_nps_but_on_zero_to_ten():
    assert [is_nps(of_scales("five", 5), one) for one in of_scales("five", 5).questions] == [False, False, False]
    assert questions_read(READINGS["nps"], of_scales("five", 5)) == ()
    assert questions_read(READINGS["nps"], of_scales("ten", 10)) == ("ten",)
