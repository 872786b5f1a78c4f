"""``zhiyin survey publish``: one line for each survey, or every fault of the file with its place."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zhiyin.cli.frame import BadInput
from zhiyin.cli.survey import survey_command
from zhiyin.surveys.testing import SURVEY

pytestmark = pytest.mark.django_db


class TestCommand:
    def run(self, file: Path) -> Any:
        return CliRunner().invoke(survey_command, ["publish", str(file)])

    def test_it_publishes_and_says_what_was_new(self, tmp_path: Path) -> None:
        file = tmp_path / "survey.toml"
        file.write_text(SURVEY, "utf-8")
        assert self.run(file).output == "call version=1 published\n"
        assert self.run(file).output == "call version=1 unchanged\n"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "there is no such file"),
            ("key = ", "is not TOML"),
            ("[[survey]]\nkey = 'x'", "survey[x].name: is missing."),
        ],
    )
    def test_a_bad_file_ends_with_2_and_names_the_place(
        self, tmp_path: Path, content: str | None, message: str
    ) -> None:
        file = tmp_path / "survey.toml"
        if content is not None:
            file.write_text(content, "utf-8")
        result = self.run(file)
        assert result.exit_code == BadInput.exit_code
        assert str(file) in result.output
        assert message in result.output
