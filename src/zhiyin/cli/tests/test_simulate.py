"""``zhiyin simulate`` as people meet it: files, one line for a mistake, exit codes, all or nothing."""

import errno
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click
import pytest
from click.testing import CliRunner, Result

from zhiyin.cli import simulate as command
from zhiyin.cli.simulate import simulate_command
from zhiyin.outreach.simulate import engine as engines

EVENTS = (
    "external_id,customer,scenario,at\n"
    "e1,C1,hotline,2026-11-22T22:00:00+08:00\n"
    "e2,C1,hotline,2026-11-23T22:00:00+08:00\n"
    "e3,C2,hotline,2026-11-22T22:00:00+08:00\n"
)
DECISIONS = "external_id,decision,reason\ne1,invite,\ne2,suppress,gap\ne3,invite,\n"
TALLY = "events=3 invited=2 customer_limit=0 scenario_limit=0 gap=1 sampled_out=0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in [key for key in os.environ if key.startswith("ZHIYIN_")]:
        monkeypatch.delenv(key)
    (tmp_path / "events.csv").write_text(EVENTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(simulate_command, ["events.csv", "-o", "out.csv", *arguments], standalone_mode=False)


def refusal(*arguments: str) -> tuple[int, str]:
    result = invoke(*arguments)
    assert isinstance(result.exception, click.ClickException), result
    assert result.output == ""
    assert "\n" not in result.exception.message
    return result.exception.exit_code, result.exception.message


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_default_policy_takes_every_invitation_as_sent_at_once(folder: Path) -> None:
    result = invoke()
    assert (result.exception, result.output) == (None, TALLY)
    assert (folder / "out.csv").read_text() == DECISIONS
    assert names(folder) == {"events.csv", "out.csv"}


def test_a_policy_with_sending_hours_lets_the_message_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Shanghai e1 goes at 08:00 the next day, and e4 comes exactly 24 h after that. In New York it goes at once."""
    (folder / "policy.toml").write_text('[sending_hours]\nfrom = "08:00"\nto = "21:00"\n')
    more = "e4,C1,hotline,2026-11-24T08:00:00+08:00\ne5,C1,hotline,2026-11-24T08:00:00.000001+08:00\n"
    (folder / "events.csv").write_text(EVENTS + more)
    assert invoke("--policy", "policy.toml").output.startswith("events=5 invited=3 ")
    assert (folder / "out.csv").read_text().endswith("e4,suppress,gap\ne5,invite,\n")
    monkeypatch.setenv("ZHIYIN_TIME_ZONE", "America/New_York")
    invoke("--policy", "policy.toml")
    assert (folder / "out.csv").read_text().endswith("e4,invite,\ne5,suppress,scenario_limit\n")


def test_what_stood_there_is_replaced_only_by_a_whole_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder / "out.csv"
    out.write_text("before")
    (folder / "events.csv").write_text(EVENTS + "e4,C1\n")
    assert refusal() == (2, "events.csv: row 5, scenario: the row has too few fields.")
    assert out.read_text() == "before"
    (folder / "events.csv").write_text(EVENTS)

    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("zhiyin.outreach.simulate.run.write_decisions", full)
    assert refusal() == (1, "out.csv: No space left on device")
    assert out.read_text() == "before"
    assert names(folder) == {"events.csv", "out.csv"}


def test_an_output_that_cannot_be_opened_is_bad_usage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_path: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(command, "whole_file", denied)
    assert refusal() == (2, "out.csv: Permission denied")


def test_a_link_is_followed_and_a_device_is_written_to(folder: Path) -> None:
    (folder / "link.csv").symlink_to("real.csv")
    assert invoke("-o", "link.csv").exception is None
    assert (folder / "link.csv").is_symlink()
    assert (folder / "real.csv").read_text() == DECISIONS
    assert invoke("-o", os.devnull).output == TALLY
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-o", "events.csv"], "events.csv: this is the input; choose another file."),
        (["-o", "."], ".: name a file in a folder that exists."),
        (["-o", "gone/out.csv"], "gone/out.csv: name a file in a folder that exists."),
        (["--policy", "gone.toml"], "gone.toml: cannot be read (No such file or directory)."),
        (["--policy", "."], ".: cannot be read (Is a directory)."),
        (["--policy", "bad.toml"], "bad.toml: gap.hours is 0: it must be a whole number of hours from 1 to 2160."),
        (["--policy", "gbk.toml"], "gbk.toml: not UTF-8; save the file as UTF-8."),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(folder: Path, arguments: list[str], line: str) -> None:
    (folder / "bad.toml").write_text("[gap]\nhours = 0\n")
    (folder / "gbk.toml").write_bytes("version = '热线'\n".encode("gb18030"))
    assert refusal(*arguments) == (2, line)
    assert not (folder / "out.csv").exists()


def test_a_mistake_in_chinese(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_LANGUAGE", "zh-hans")
    (folder / "events.csv").write_text(EVENTS + "e4,C1,hotline,昨天\n")
    line = 'events.csv: 第 5 行 at：不是有效的时间，应写成 2026-11-22T10:00:00+08:00 ("昨天")。'
    assert refusal() == (2, line)
    monkeypatch.setenv("ZHIYIN_TIME_ZONE", "Asia/Shanghia")
    assert refusal() == (2, "ZHIYIN_TIME_ZONE: 没有「Asia/Shanghia」这个时区。")


def test_an_events_file_that_is_not_there(folder: Path) -> None:
    (folder / "events.csv").unlink()
    assert refusal() == (2, "events.csv: cannot be read (No such file or directory).")


def zhiyin(folder: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "zhiyin.cli", "simulate", *arguments],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_in_a_pipe_there_is_no_progress_and_a_mistake_is_one_line(folder: Path) -> None:
    done = zhiyin(folder, "events.csv", "-o", "out.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, TALLY, "")
    (folder / "events.csv").write_text("external_id,customer,scenario,at\ne1,C1,hotline,2026-11-22T10:00\n")
    bad = zhiyin(folder, "events.csv", "-o", "out.csv")
    assert (bad.returncode, bad.stdout, bad.stderr.count("\n")) == (2, "", 1)
    assert bad.stderr.startswith("events.csv: row 2, at: ")
    usage = zhiyin(folder, "events.csv")
    assert (usage.returncode, usage.stderr.count("\n")) == (2, 1)


def test_on_a_terminal_each_step_shows_its_progress(folder: Path) -> None:
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "zhiyin.cli", "simulate", "events.csv", "-o", "out.csv"]
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end was closed
            break
    os.close(ours)
    tally, _ = process.communicate(timeout=100)
    assert (process.returncode, tally) == (0, TALLY.encode())
    assert [label for label in (b"Reading", b"Judging", b"Writing") if label not in shown] == []
    assert shown.count(b"100%") >= 3


@pytest.mark.slow
def test_a_large_file_is_judged_also_where_nothing_compiled_can_be_kept(folder: Path) -> None:
    """As in a container whose package and home are read-only: no cache folder, so it is compiled anew."""
    row = "e{0},C{1},hotline,2026-{2:02}-{3:02}T10:00:00+08:00\n"
    count = engines.COMPILE_FROM // 40
    lines = [row.format(number, number % 5000, number * 12 // count + 1, number % 28 + 1) for number in range(count)]
    (folder / "events.csv").write_text("external_id,customer,scenario,at\n" + "".join(lines))
    assert (folder / "events.csv").stat().st_size > engines.COMPILE_FROM
    nowhere = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": ""}
    done = zhiyin(folder, "events.csv", "-o", "out.csv", **nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"events={count} ")
    assert len((folder / "out.csv").read_text().splitlines()) == count + 1
