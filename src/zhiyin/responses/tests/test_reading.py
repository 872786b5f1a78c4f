"""Which answers a figure reads, and the list of them: by moment, dimension, measure and group of customers."""

import pytest

from zhiyin.lib.text import both
from zhiyin.metrics.language import Unit
from zhiyin.responses.measures import MEASURES
from zhiyin.responses.rules import EVERY, READINGS, questions_read
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
