"""``zhiyin simulate``: replay a file of past events through the fatigue rules, touching no record."""

import errno
import os
import sys
import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from zhiyin.cli.comparing import compared
from zhiyin.cli.frame import BadInput, WorkFailed, on_terminal
from zhiyin.lib.text import Text, both, pick
from zhiyin.outreach.rules.policy import DEFAULT_AT_ONCE, parse_policy
from zhiyin.outreach.rules.problems import PolicyInvalid
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.simulate.events import Data
from zhiyin.outreach.simulate.faults import EventsInvalid
from zhiyin.outreach.simulate.files import file_data, whole_file
from zhiyin.outreach.simulate.run import Summary, simulate_events

STEPS = {"read": both("读取", "Reading"), "judge": both("判定", "Judging"), "write": both("写出", "Writing")}
FAILED = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)  # the work failed; anything else was asked for wrongly
LONGEST_POLICY = 1_000_000  # bytes


@click.command("simulate")
@click.argument("events", required=False, type=click.Path(path_type=Path))
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="The policy as TOML; else the default.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the decisions go, as CSV.")
@click.option("--record", "days", type=click.IntRange(1, 366), help="Instead of EVENTS: so many days of the record.")
@click.option("--against", type=click.Path(path_type=Path), help="Compare with this policy, not the one in force.")
def simulate_command(
    events: Path | None, policy_file: Path | None, output: Path | None, days: int | None, against: Path | None
) -> None:
    """Replay EVENTS (external_id,customer,scenario,at) and write external_id,decision,reason for each.

    What else the policy counts by must be there, too: touchpoint, staff, unit, brand, segment. A column kind tells
    survey, reminder, care and completion (an answer) apart.

    Every invitation counts as sent at its event's time. With a policy that has sending hours it is sent when they
    next allow it, on the clock of ZHIYIN_TIME_ZONE.

    With --record or --against two policies are compared instead, the one in force (or AGAINST) and POLICY: sends, what
    holds back, coverage and expected answers by touchpoint, who is asked most. Looks at the record, changes nothing.
    """
    language = os.environ.get("ZHIYIN_LANGUAGE", "en")
    if days is not None or against is not None:
        _compare(events, policy_file, output, days, against, language)
        return
    if events is None or output is None:
        raise click.UsageError("Give EVENTS and -o OUTPUT, or --record DAYS and --policy POLICY.")
    policy = DEFAULT_AT_ONCE if policy_file is None else _policy(policy_file, language)
    zone = _zone(os.environ.get("ZHIYIN_TIME_ZONE", "Asia/Shanghai"), language)
    data = _events(events, language)
    _check_output(output, events, language)
    try:
        with ExitStack() as open_files, _Progress(language) as told:

            def out() -> IO[bytes]:
                return open_files.enter_context(whole_file(output))

            summary = simulate_events(data, out, policy=policy, tz=zone, told=told)
    except EventsInvalid as invalid:
        raise BadInput(f"{events}: {invalid.line(language)}") from invalid
    except OSError as broken:
        wrong = WorkFailed if broken.errno in FAILED else BadInput
        raise wrong(f"{output}: {broken.strerror or broken}") from broken
    click.echo(_tally(summary))


def _compare(
    events: Path | None,
    policy_file: Path | None,
    output: Path | None,
    days: int | None,
    against: Path | None,
    language: str,
) -> None:
    if policy_file is None or output is not None or (events is None) is (days is None):
        raise click.UsageError("To compare, give --policy POLICY and either EVENTS or --record DAYS, without -o.")
    texts = []
    for path in filter(None, (policy_file, against)):
        _policy(path, language)
        texts.append(_read(path, language, most=LONGEST_POLICY).decode("utf-8-sig"))
    data = _read(events, language, most=-1) if events else None
    zone = _zone(os.environ.get("ZHIYIN_TIME_ZONE", "Asia/Shanghai"), language)
    before = texts[1] if against else None
    compared(events=data, days=days or 0, policy=texts[0], against=before, zone=zone)


def _check_output(output: Path, events: Path, language: str) -> None:
    """Say before the work, not after it, that there is nowhere to write."""
    if output.is_dir() or not output.parent.is_dir():
        raise _stop(
            output, both("不能写到这里，请给出已有文件夹里的文件名", "name a file in a folder that exists"), language
        )
    if output.exists() and output.samefile(events):
        raise _stop(output, both("会覆盖输入文件，请换一个文件名", "this is the input; choose another file"), language)


def _stop(path: Path, sentence: Text, language: str) -> BadInput:
    return BadInput(f"{path}: {pick(sentence, language)}{'.' if language == 'en' else '。'}")


def _events(path: Path, language: str) -> Data:
    try:
        return file_data(path)
    except OSError as broken:
        raise _unreadable(path, broken, language) from broken


def _unreadable(path: Path, broken: OSError, language: str) -> BadInput:
    unreadable = both(f"无法读取（{broken.strerror}）", f"cannot be read ({broken.strerror})")
    return _stop(path, unreadable, language)


def _read(path: Path, language: str, *, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as broken:
        raise _unreadable(path, broken, language) from broken


def _policy(path: Path, language: str) -> Policy:
    try:
        text = _read(path, language, most=LONGEST_POLICY).decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        sentence = both("不是 UTF-8 编码，请另存为 UTF-8", "not UTF-8; save the file as UTF-8")
        raise _stop(path, sentence, language) from broken
    try:
        return parse_policy(text, absent=DEFAULT_AT_ONCE)
    except PolicyInvalid as invalid:
        raise BadInput(f"{path}: {invalid.line(language)}") from invalid


def _zone(name: str, language: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        sentence = both(f"没有「{name}」这个时区", f"there is no time zone {name!r}")
        raise _stop(Path("ZHIYIN_TIME_ZONE"), sentence, language) from unknown


def _tally(summary: Summary) -> str:
    counts = {"events": summary.events, "invited": summary.invited, **summary.suppressed}
    return " ".join(f"{name}={count}" for name, count in counts.items())


class _Progress:
    """A bar for each step on a terminal; nothing in a pipe."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.step = ""
        self.advance: Callable[[int], object] = lambda done: None
        self.bars = ExitStack()

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self.bars.close()

    def __call__(self, step: str, done: int, total: int) -> None:
        if not on_terminal():
            return
        if step != self.step:
            self.bars.close()
            label = pick(STEPS[step], self.language)
            bar = click.progressbar(length=total, label=label, file=sys.stderr)
            self.advance, self.step = self.bars.enter_context(bar).update, step
        self.advance(done)
