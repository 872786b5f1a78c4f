"""Answers from a file: one row is one filled-in questionnaire, its columns are named after the survey's questions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhiyin.cli.frame import BadInput
from zhiyin.cli.importing.frame import Circumstances, Outcome
from zhiyin.lib.clean import Field, Kind
from zhiyin.lib.errors import NotFound
from zhiyin.lib.faults import Fault
from zhiyin.lib.tables import Column, Columns, Row
from zhiyin.responses.intake import receive_read
from zhiyin.responses.rules import Arrival, arrival_of
from zhiyin.surveys.queries import current_version, current_versions
from zhiyin.surveys.rules import CALL_ME, COMMENT, REASONS, Option, Questionnaire, Reason
from zhiyin.surveys.rules import Kind as Asked

NOT_TICKED = frozenset({"", "0", "-1", "false", "no", "n", "否", "未选"})
SEPARATORS = re.compile(r"[;；|、]")
WHOLE_AS_DECIMAL = re.compile(r"(\d+)\.0+")
BETWEEN = ":"  # reasons:slow is the column in which the one reason is ticked


class Responses:
    """Question columns by key (``overall`` or ``q_overall``) or title; a ticked option may have a column of its own
    (``reasons:slow``). Every other column becomes an attribute. Without an external id the row's number is the id."""

    def __init__(self, here: Circumstances) -> None:
        self._here = here
        self._asked = _questionnaire(here.survey)
        self.columns = Columns({**_OWN, **_question_columns(self._asked)}, keep_unknown=True)
        self._options = {key: _by_any_name(options) for key, options in _choices(self._asked)}

    def read(self, rows: Sequence[Row]) -> Sequence[Arrival | list[Fault]]:
        return [self._arrival(row) for row in rows]

    def take(self, read: Sequence[Arrival | list[Fault]]) -> list[Outcome]:
        results = receive_read(read, by=self._here.by, now=self._here.now)
        names = {"created": "created", "replayed": "duplicate"}
        return [Outcome(names.get(one.status, "refused"), one.faults) for one in results]

    def identity(self, row: Row) -> tuple[object, object] | None:
        """(key, body): to see whether a file names one answer twice with different content (I57)."""
        read = self._arrival(row)
        return None if isinstance(read, list) else (read.key, read.body)

    def _arrival(self, row: Row) -> Arrival | list[Fault]:
        value = row.values
        clean = {name: value[name] for name in ("touchpoint", "unit", "staff", "language", "answered_at")}
        clean |= {
            "source": value["source"] or self._here.source,
            "external_id": value["external_id"] or f"row-{row.number}",
            "survey": self._here.survey,
            "customer": {"external_id": value["customer"]} if value["customer"] else None,
            "interaction": self._interaction(value),
            "answers": self._answers(value),
            "attributes": {name[:60]: text for name, text in row.unknown.items()},
        }
        return arrival_of(clean, now=self._here.now)

    def _interaction(self, value: Mapping[str, Any]) -> dict[str, str] | None:
        if not value["interaction"]:
            return None
        return {"source": value["interaction_source"] or self._here.source, "external_id": value["interaction"]}

    def _answers(self, value: Mapping[str, Any]) -> dict[str, list[str]]:
        answers: dict[str, list[str]] = {}
        for column, text in value.items():
            question, _sign, option = column.partition(BETWEEN)
            if not text or (column in _OWN and column not in (COMMENT, CALL_ME)):
                continue
            if option:
                if text.strip().lower() not in NOT_TICKED:
                    answers.setdefault(question, []).append(option)
            elif question == CALL_ME:
                answers[question] = ["" if text.strip().lower() in NOT_TICKED else "1"]
            elif question in self._options:
                answers.setdefault(question, []).extend(self._named(question, text))
            else:
                answers[question] = [WHOLE_AS_DECIMAL.sub(r"\1", text) if WHOLE_AS_DECIMAL.fullmatch(text) else text]
        return answers

    def _named(self, question: str, text: str) -> Iterator[str]:
        """Options by key or in their own words, several in one cell."""
        for part in SEPARATORS.split(text):
            if name := part.strip():
                yield self._options[question].get(name, name)


def _questionnaire(survey: str) -> Questionnaire:
    if not survey:
        known = ", ".join(sorted(current_versions())) or "none is published yet"
        raise BadInput(f"--survey: say which survey was answered ({known}).")
    try:
        return current_version(survey).questionnaire
    except NotFound as absent:
        raise BadInput(f"--survey {survey}: {absent}") from absent


_OWN = {
    "source": Column(Field(Kind.CODE, max_length=60), ("来源",)),
    "external_id": Column(Field(Kind.CODE, max_length=255), ("答卷编号", "外部编号", "序号", "id")),
    "customer": Column(
        Field(Kind.CODE, max_length=120), ("客户编号", "客户", "customer_id", "customer_external_id", "用户id")
    ),
    "interaction": Column(Field(Kind.CODE, max_length=255), ("接触编号", "流水号")),
    "interaction_source": Column(Field(Kind.CODE, max_length=60), ("接触来源",)),
    "touchpoint": Column(Field(Kind.CODE, max_length=60), ("触点",)),
    "unit": Column(Field(Kind.CODE, max_length=60), ("组织单元", "单元", "班组")),
    "staff": Column(Field(Kind.CODE, max_length=60), ("工号", "人员")),
    "language": Column(Field(Kind.CHOICE, choices=("zh-hans", "en")), ("语言",)),
    "answered_at": Column(Field(Kind.TIME), ("答卷时间", "提交时间", "回答时间")),
    COMMENT: Column(Field(Kind.LINES, max_length=2000), ("q_comment", "留言", "用户描述")),
    CALL_ME: Column(Field(Kind.TEXT, max_length=20), ("q_call_me", "请联系我")),
}


def _question_columns(asked: Questionnaire) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for question in asked.questions:
        kind = Field(Kind.LINES, max_length=2000) if question.kind is Asked.TEXT else Field(Kind.TEXT, max_length=400)
        columns[question.key] = Column(kind, (f"q_{question.key}", *question.title.values()))
    for key, options in _choices(asked):
        columns.setdefault(key, Column(Field(Kind.TEXT, max_length=400), (f"q_{key}",)))
        for option in options:
            columns[f"{key}{BETWEEN}{option.key}"] = Column(
                Field(Kind.TEXT, max_length=40), (f"q_{key}{BETWEEN}{option.key}",)
            )
    return columns


def _choices(asked: Questionnaire) -> Iterator[tuple[str, Sequence[Option | Reason]]]:
    for question in asked.questions:
        if question.options:
            yield question.key, question.options
    if asked.follow_up:
        yield REASONS, asked.follow_up.reasons


def _by_any_name(options: Sequence[Option | Reason]) -> dict[str, str]:
    return {name: option.key for option in options for name in (option.key, *option.text.values())}
