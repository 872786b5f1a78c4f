"""``zhiyin import responses``: a file of answers becomes responses, once, with every row accounted for."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zhiyin.cli.imports import import_command
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.testing import make_survey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _survey() -> None:
    make_survey()


def run(tmp_path: Path, text: str, *options: str) -> Any:
    file = tmp_path / "answers.csv"
    file.write_text(text, "utf-8")
    return CliRunner().invoke(import_command, ["responses", str(file), "--survey", "call", *options])


def scores() -> list[tuple[str, int | None, str]]:
    return list(Answer.objects.order_by("id").values_list("question", "value", "raw"))


@pytest.mark.parametrize(
    "header", ["overall,attitude", "q_overall,q_attitude", "OVERALL,Attitude", "总体满意度,服务态度"]
)
def test_questions_are_found_by_key_field_or_title(tmp_path: Path, header: str) -> None:
    result = run(tmp_path, f"external_id,answered_at,{header}\na1,2026-11-20T10:00:00+08:00,9,10\n")
    assert "created=1 updated=0 duplicate=0 refused=0 total=1" in result.output
    assert scores() == [("overall", 9, "9"), ("attitude", 10, "10")]


def test_reasons_may_share_a_cell_or_have_a_column_each(tmp_path: Path) -> None:
    header = "external_id,overall,reasons,reasons:rude,comment,call_me,ARPU"
    text = f"{header}\na,2,等太久;rude,-1,慢,是,59\nb,3,,1,,0,\nc,4,,-1,,,\n"
    assert "created=3" in run(tmp_path, text).output
    assert [row for row in scores() if row[0] == "reasons"] == [
        ("reasons", 1, "slow"),
        ("reasons", 1, "rude"),
        ("reasons", 1, "rude"),
    ]
    first = Response.objects.order_by("id")[0]
    assert (first.comment, first.wants_contact, first.attributes) == ("慢", True, {"ARPU": "59"})


def test_the_same_file_again_is_all_duplicates_even_without_ids_and_times(tmp_path: Path) -> None:
    text = "overall,attitude\n9,10\n8,8\n"
    assert "created=2" in run(tmp_path, text).output
    assert "created=0 updated=0 duplicate=2" in run(tmp_path, text).output
    assert Response.objects.count() == 2


def test_rows_that_cannot_be_taken_are_refused_with_their_reason(tmp_path: Path) -> None:
    result = run(tmp_path, "external_id,overall\na,11\nb,\nc,9\n")
    assert "created=1 updated=0 duplicate=0 refused=2 total=3" in result.output
    assert "answers.overall" in (tmp_path / "answers-refused.csv").read_text("utf-8-sig")


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert "dry-run" in run(tmp_path, "overall\n9\n", "--dry-run").output
    assert not Response.objects.exists()


def test_it_asks_which_survey_was_answered(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("overall\n9\n", "utf-8")
    for options, message in (([], "call"), (["--survey", "none"], "none")):
        result = CliRunner().invoke(import_command, ["responses", str(file), *options])
        assert result.exit_code == 2
        assert "--survey" in result.output
        assert message in result.output
