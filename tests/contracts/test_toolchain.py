"""The scripts behind `make` decide rightly: when to install, and what a run of the tests came to."""

import shutil
import sys
from pathlib import Path

import pytest

from scripts import bootstrap, run_tests
from scripts.test_postgres import NoServer

REPORT = """<testsuites><testsuite>
<testcase name="passes"/><testcase name="passes too"/>
<testcase name="fails"><failure message="no"/></testcase>
<testcase name="fails twice"><failure message="no"/></testcase>
<testcase name="cannot start"><error message="no"/></testcase>
<testcase name="left out"><skipped type="pytest.skip" message="Skipped: no data here"/></testcase>
<testcase name="left out too"><skipped type="pytest.skip" message="no data here"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what decides an installation, with an environment that looks installed but has no stamp."""
    for path in (*bootstrap.LOCKS.glob("*.lock"), bootstrap.ROOT / "pyproject.toml"):
        copy = tmp_path / path.relative_to(bootstrap.ROOT)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
    package = tmp_path / "src" / "zhiyin" / "__init__.py"
    package.parent.mkdir(parents=True)
    package.write_text('__version__ = "1"\n', encoding="utf-8")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOCKS", tmp_path / "requirements")
    monkeypatch.setattr(bootstrap, "BOOTSTRAP_LOCK", tmp_path / "requirements" / "bootstrap.lock")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", python)
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "installed.json")
    return tmp_path


@pytest.fixture
def synchronised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The levels that were really installed, in order."""
    levels: list[str] = []
    monkeypatch.setattr(bootstrap, "synchronise", levels.append)
    return levels


def test_what_is_installed_is_not_installed_again(checkout, synchronised):
    assert bootstrap.main(["runtime"]) == 0
    assert bootstrap.main(["runtime"]) == 0
    assert synchronised == ["runtime"]


def test_the_tools_for_tests_serve_for_running_too_and_are_never_taken_away(checkout, synchronised):
    bootstrap.main(["dev"])
    bootstrap.main(["runtime"])
    with (checkout / "requirements" / "dev.lock").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    bootstrap.main(["runtime"])
    assert synchronised == ["dev", "dev"]


@pytest.mark.parametrize("changed", ["requirements/runtime.lock", "requirements/bootstrap.lock", "pyproject.toml"])
def test_a_change_of_what_is_asked_for_installs_again(checkout, synchronised, changed):
    bootstrap.main(["runtime"])
    with (checkout / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    bootstrap.main(["runtime"])
    assert synchronised == ["runtime", "runtime"]


def test_an_installation_that_failed_is_not_taken_for_done(checkout, monkeypatch, capsys):
    def out_of_reach(level: str) -> None:
        raise bootstrap.CannotContinue("the index does not answer.")

    monkeypatch.setattr(bootstrap, "synchronise", out_of_reach)
    assert bootstrap.main(["runtime"]) == 1
    assert capsys.readouterr().err == "bootstrap: the index does not answer.\n"
    assert not bootstrap.is_current("runtime")


def test_an_old_python_is_named(checkout, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (9, 0))
    assert bootstrap.main(["runtime"]) == 1
    assert "or newer is needed, this is 3." in capsys.readouterr().err


def test_bad_usage_says_what_there_is(capsys):
    assert bootstrap.main(["everything"]) == 2
    assert "runtime|dev" in capsys.readouterr().err


def test_each_test_counts_once_and_each_reason_is_kept(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    result = run_tests.Pass("SQLite 3.53")
    run_tests.count(report, result)
    assert result.line() == "SQLite 3.53: 2 passed, 3 failed, 2 skipped in 0 s"
    assert result.skipped == {"no data here": 2}


def test_a_server_that_does_not_answer_is_a_sentence():
    with pytest.raises(NoServer, match="ZHIYIN_TEST_DATABASE_URL"):
        run_tests.version_of("postgresql://nobody@127.0.0.1:1/nothing")
