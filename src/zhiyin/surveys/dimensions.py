"""Cutting figures by what was asked: survey, version, question, score."""

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.journey.dimensions import column_named, labelled
from zhiyin.lib.text import Text, both, pick
from zhiyin.metrics.language import Dimension
from zhiyin.surveys.queries import current_versions, surveys

LANGUAGES: Mapping[str, Text] = {"zh-hans": both("中文", "Chinese"), "en": both("英文", "English")}
PURPOSES: Mapping[str, Text] = {
    "service": both("服务评价", "Service"),
    "recovery": both("处理后回访", "After a complaint"),
    "study": both("专项调查", "Study"),
}


def survey_dimensions(facts: frozenset[str], *, scored: frozenset[str]) -> list[Dimension]:
    """The dimensions of a questionnaire; ``scored`` are the facts of single answers."""
    return [
        Dimension(
            key="survey",
            name=both("问卷", "Survey"),
            facts=facts,
            column=column_named("survey"),
            labels=labelled(lambda: {card.key: card.name for card in surveys()}),
        ),
        Dimension(
            key="version",
            name=both("问卷版本", "Survey version"),
            facts=facts,
            column=column_named("version"),
            labels=lambda values, language: {
                one: f"第 {one} 版" if language == "zh-hans" else f"Version {one}" for one in values
            },
        ),
        Dimension(
            key="question",
            name=both("题目", "Question"),
            facts=facts,
            column=column_named("question"),
            labels=question_labels,
        ),
        Dimension(key="score", name=both("分数", "Score"), facts=scored, column=column_named("value"), is_telling=True),
        Dimension(
            key="overall",
            name=both("总体打分", "Overall score"),
            facts=scored,
            column=column_named("overall"),
            is_telling=True,
        ),
        Dimension(
            key="purpose",
            name=both("调查目的", "Purpose"),
            facts=facts,
            column=column_named("purpose"),
            labels=labelled(lambda: PURPOSES),
        ),
        Dimension(
            key="language",
            name=both("语言", "Language"),
            facts=facts,
            column=column_named("language"),
            labels=labelled(lambda: LANGUAGES),
        ),
    ]


def question_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    """A question by its title in the newest version; where surveys word it differently, by the first that asks it."""
    titles: dict[str, Text] = {}
    for card in current_versions().values():
        for question in card.questionnaire.questions:
            titles.setdefault(question.key, question.title)
    return {one: pick(titles[one], language) for one in values if one in titles}
