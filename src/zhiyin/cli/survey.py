"""``zhiyin survey publish``: a questionnaire from a file becomes the version that is asked from now on."""

import tomllib
from pathlib import Path

import click

from zhiyin.cli.frame import BadInput, changes_record, now


@click.group("survey")
def survey_command() -> None:
    """Publish a questionnaire from a file."""


@survey_command.command("publish")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--touchpoint", multiple=True, help="KEY=SURVEY: from now on interactions there ask this survey.")
@changes_record
def publish_command(file: Path, touchpoint: tuple[str, ...]) -> None:
    """Publish every survey in FILE (TOML). What did not change makes no new version; one fault stops all."""
    from zhiyin.people.access import Viewer  # noqa: PLC0415  (Django must be set up first)
    from zhiyin.surveys.actions import publish_file  # noqa: PLC0415
    from zhiyin.surveys.rules import Faulty  # noqa: PLC0415

    try:
        published = publish_file(_document(file), by=Viewer.system("cli"), now=now())
    except Faulty as faulty:
        lines = "\n".join(f"{file}: {fault}" for fault in faulty.faults)
        raise BadInput(lines) from faulty
    for pair in touchpoint:
        _ask_at(pair)
    for one in published:
        click.echo(f"{one.survey} version={one.number} {'published' if one.is_new else 'unchanged'}")


def _ask_at(pair: str) -> None:
    from zhiyin.journey.actions import set_survey  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.surveys.queries import current_version_ids  # noqa: PLC0415

    key, sign, survey = pair.partition("=")
    if not sign or survey not in current_version_ids():
        raise BadInput(f"--touchpoint {pair}: write KEY=SURVEY with a published survey.")
    if not set_survey(key, survey, by=Viewer.system("cli"), now=now()):
        raise BadInput(f"--touchpoint {pair}: there is no touchpoint {key}.")


def _document(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError as absent:
        raise BadInput(f"{file}: there is no such file.") from absent
    except (OSError, UnicodeDecodeError) as unreadable:
        raise BadInput(f"{file}: cannot be read as UTF-8 ({unreadable}).") from unreadable
    except tomllib.TOMLDecodeError as broken:
        raise BadInput(f"{file}: is not TOML ({broken}).") from broken
