"""The front door: every command explains itself, every mistake is one line with the right exit code."""

import subprocess
import sys

import click
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError

from zhiyin.cli import main as front
from zhiyin.cli.frame import BadInput, WorkFailed, database_faults, one_line
from zhiyin.cli.main import COMMANDS, exit_code, main
from zhiyin.cli.tests.commands import runner


@pytest.fixture
def run(capsys):
    return runner(capsys)


def every_command() -> list[list[str]]:
    """Each command and each of its own, as they are typed."""
    found = []
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        found.append([name])
        if isinstance(command, click.Group):
            found += [[name, below] for below in command.commands]
    return found


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_every_command_explains_itself(run, command):
    done = run(*command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: zhiyin {' '.join(command)} ")
    told = done.out.partition("\n\n")[2].split("\n\n")[0].strip()
    assert len(told) > 10


def test_the_list_of_commands_and_what_they_are_agree(run):
    listed = run("--help").out
    for name, (_module, line) in COMMANDS.items():
        assert name in listed
        assert line.split()[0] in listed


def test_the_list_needs_neither_django_nor_settings():
    code = "import sys; sys.argv = ['zhiyin', '--help']; from zhiyin.cli.main import exit_code; exit_code(['--help']); "
    code += "print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("False")


def test_the_version_is_told(run):
    assert run("--version").out.startswith("zhiyin, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("serve", "--prot", "8000"),
        ("serve", "--port", "70000"),
        ("serve", "--port", "x"),
        ("user", "create"),
        ("user", "create", "a@example.com"),
        ("user", "create", "a@example.com", "--role", "boss"),
        ("apikey", "create", "--name", "x", "--scope", "admin"),
        ("import", "elephants", "x.csv"),
        ("import", "units"),
        ("import", "units", "nowhere.csv"),
        ("policy", "apply", "nowhere.toml"),
        ("policy", "apply", "."),
        ("init", "--template", "circus"),
        ("measure", "--format", "xml", "nps"),
        ("measure", "nps", "--from", "yesterday"),
        ("audit", "verify", "twice"),
    ],
    ids=" ".join,
)
@pytest.mark.django_db
def test_bad_usage_ends_with_2_and_one_line(run, arguments):
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.strip()
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize("group", ["audit", "user", "apikey", "policy", "survey"])
def test_half_a_command_shows_the_other_half(run, group):
    done = run(group)
    assert (done.code, done.out) == (2, "")
    assert "Commands:" in done.err


class TestMistakes:
    """Each kind of mistake and its exit code."""

    def raising(self, monkeypatch: pytest.MonkeyPatch, broken: BaseException) -> None:
        def fails(**_: object) -> None:
            raise broken

        monkeypatch.setattr(front.main, "main", fails)

    @pytest.mark.parametrize(
        ("broken", "code", "said"),
        [
            (BadInput("x.csv: row 3, phone: …"), 2, "x.csv: row 3, phone: …"),
            (WorkFailed("the disk is full"), 1, "the disk is full"),
            (click.UsageError("No such option"), 2, "zhiyin: No such option Try 'zhiyin --help'."),
            (KeyboardInterrupt(), 130, ""),
            (click.Abort(), 130, ""),
            (ValueError("a\nb"), 1, "zhiyin: unexpected: ValueError: a (ZHIYIN_DEBUG=1 shows where)"),
            (ValueError(), 1, "zhiyin: unexpected: ValueError: ValueError (ZHIYIN_DEBUG=1 shows where)"),
        ],
    )
    def test_is_one_line_and_a_code(self, monkeypatch, capsys, broken, code, said):
        monkeypatch.setenv("ZHIYIN_DEBUG", "0")
        self.raising(monkeypatch, broken)
        assert exit_code([]) == code
        assert capsys.readouterr().err.strip() == said

    def test_shows_where_when_asked(self, monkeypatch):
        monkeypatch.setenv("ZHIYIN_DEBUG", "1")
        self.raising(monkeypatch, ValueError("x"))
        with pytest.raises(ValueError, match="x"):
            exit_code([])

    @pytest.mark.parametrize("answered", [0, 3, None])
    def test_a_commands_own_number_is_passed_on(self, monkeypatch, answered):
        monkeypatch.setattr(front.main, "main", lambda **_: answered)
        assert exit_code([]) == (answered or 0)


class TestDatabaseFaults:
    @pytest.mark.parametrize(
        ("broken", "kind", "said"),
        [
            (OperationalError("no such table: people_unit"), BadInput, "Run: zhiyin migrate"),
            (ProgrammingError('relation "people_unit" does not exist\nLINE 1'), BadInput, "Run: zhiyin migrate"),
            (OperationalError("connection refused"), BadInput, "ZHIYIN_DATABASE_URL: the database does not answer"),
            (OperationalError('database "x" does not exist'), BadInput, "does not answer"),
            (InterfaceError("connection already closed"), BadInput, "does not answer"),
            (OperationalError("database or disk is full"), WorkFailed, "The disk is full"),
        ],
    )
    def test_each_is_one_line_with_the_step_to_take(self, broken, kind, said):
        with pytest.raises(kind, match=said) as told, database_faults():
            raise broken
        assert "\n" not in str(told.value)

    def test_another_fault_is_not_the_databases(self):
        with pytest.raises(ValueError, match="x"), database_faults():
            raise ValueError("x")

    def test_one_line_is_the_first_that_says_anything(self):
        assert one_line(ValueError("\n  first \nsecond")) == "first"
        assert one_line(ValueError("")) == "ValueError"
