"""Real data brought into the shape that ``zhiyin import`` takes. What belongs to somebody else stays where it is: only
the way from it is here.

- Beijing Mobile's post-call survey: 5,433 customers, four questions from 1 to 10, ticked problems, their own words.
- Volvo IT's incident log (BPI Challenge 2013): 7,554 incidents with their teams and times.
- The ECSI mobile-phone survey: 250 answers to 24 questions.
- Airline passengers: satisfied or not, and fourteen ratings of which 0 is "not applicable".
- US hospitals and practices (CMS): rates of 0 to 100 of 95 organisations, some missing.
- Copenhagen residents: a table of counts, expanded to 1,681 people.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(os.environ.get("ZHIYIN_SHARED_DATA") or ROOT.parent / "shared" / "data")
QUESTIONS = {
    "overall": "语音通话整体满意度",
    "coverage": "网络覆盖与信号强度",
    "clarity": "语音通话清晰度",
    "stability": "语音通话稳定性",
}
PROBLEMS = {
    "no_signal": "手机没有信号",
    "cannot_dial": "有信号无法拨通",
    "dropped": "通话过程中突然中断",
    "noise": "通话中有杂音、听不清、断断续续",
    "crossed": "串线",
    "one_sided": "通话过程中一方听不见",
}
WORDS = ("用户描述", "用户描述.1")
LEFT_OUT = {"用户id", *QUESTIONS.values(), *PROBLEMS.values(), *WORDS}
LOW_TO = 6

VOICE_SURVEY = """
languages = ["zh-hans"]
[[scale]]
key = "one_to_ten"
low = 1
high = 10
low_label = { zh-hans = "非常不满意" }
high_label = { zh-hans = "非常满意" }
[[survey]]
key = "voice_call"
purpose = "service"
name = { zh-hans = "语音通话评价" }
greeting = { zh-hans = "您的通话质量怎么样？" }
"""


def needs(name: str) -> Path:
    """The file, or a skip that says what was not covered."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"The real data {name} is not here; set ZHIYIN_SHARED_DATA to the folder that holds it.")
    return path


def read(path: Path) -> Iterator[dict[str, str]]:
    with (
        gzip.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        yield from csv.DictReader(file)


@dataclass(frozen=True)
class Caller:
    """One of the 5,433: what they answered, ticked and wrote."""

    number: str
    scores: dict[str, int]
    ticked: tuple[str, ...]
    words: str
    is_complaint: bool
    attributes: dict[str, str]

    @property
    def is_low(self) -> bool:
        return min(self.scores.values()) <= LOW_TO

    def form(self) -> list[tuple[str, str]]:
        """What this customer sends from the survey page."""
        pairs = [(f"q_{key}", str(score)) for key, score in self.scores.items()]
        if self.is_low:
            pairs += [("q_reasons", key) for key in self.ticked]
        return [*pairs, *([("q_comment", self.words)] if self.words else [])]


def callers(path: Path) -> Iterator[Caller]:
    for row in read(path):
        words = dict.fromkeys(row[name].strip() for name in WORDS if row[name].strip() not in ("", "-1"))
        yield Caller(
            number=row["用户id"],
            scores={key: int(float(row[column])) for key, column in QUESTIONS.items()},
            ticked=tuple(key for key, column in PROBLEMS.items() if row[column] not in ("", "-1")),
            words="；".join(words)[:1000],
            is_complaint=any(float(row[name] or 0) > 0 for name in ("家宽投诉", "资费投诉")),
            attributes={key: value for key, value in row.items() if key not in LEFT_OUT and value != ""},
        )


def voice_survey() -> str:
    """The questionnaire of those four questions as a file for ``zhiyin survey publish``."""
    parts = [VOICE_SURVEY]
    for key, title in QUESTIONS.items():
        parts.append(
            f'[[survey.question]]\nkey = "{key}"\nkind = "scale"\nscale = "one_to_ten"\n'
            f'title = {{ zh-hans = "{title}" }}\ndimension = "{"value" if key != "overall" else ""}"\nrequired = true\n'
        )
    parts.append(f'[survey.follow_up]\nlow_to = {LOW_TO}\ntitle = {{ zh-hans = "遇到了什么问题？" }}\n')
    for key, text in PROBLEMS.items():
        parts.append(f'[[survey.follow_up.reason]]\nkey = "{key}"\ntext = {{ zh-hans = "{text}" }}\n')
    parts.append('[survey.comment]\ntitle = { zh-hans = "想对我们说" }\nlongest = 1000\nshown = "always"\n')
    parts.append('[survey.measures]\nheadline = "overall"\ntop_from = 10\n')
    return "\n".join(part.replace('dimension = ""\n', "") for part in parts)


def write_calls(given: list[Caller], path: Path, *, now: datetime) -> None:
    """The interactions that were asked about. The survey has no times and no numbers: the calls ended in the last day,
    and each customer has a number made from their id."""
    names = sorted({name for caller in given for name in caller.attributes})
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "external_id", "customer", "phone", "touchpoint", "ended_at", "complaint", *names])
        for place, caller in enumerate(given):
            ended = now - timedelta(seconds=60 + place * 15)
            writer.writerow(
                [
                    *("beijing-voice", f"call-{caller.number}", f"BJ{caller.number}", f"139{int(caller.number):08d}"),
                    *("network", ended.isoformat(), str(caller.is_complaint).lower()),
                    *(caller.attributes.get(name, "") for name in names),
                ]
            )


@dataclass(frozen=True)
class Incident:
    """One of the 7,554: its team, its first and last entry, how bad it was."""

    number: str
    team: str
    line: str
    started_at: datetime
    ended_at: datetime
    impact: str
    product: str
    country: str
    entries: int


def incidents(path: Path) -> list[Incident]:
    """Each incident once, with the team that had it last. A few hundred rows have no team: their line stands for it."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read(path):
        rows.setdefault(row["SR Number"], []).append(row)
    found = []
    for number, entries in rows.items():
        entries.sort(key=lambda row: datetime.fromisoformat(row["Change Date+Time"]))
        last = entries[-1]
        found.append(
            Incident(
                number=number,
                team=last["Involved ST"] or last["Involved Org line 3"],
                line=last["Involved Org line 3"],
                started_at=datetime.fromisoformat(entries[0]["Change Date+Time"]),
                ended_at=datetime.fromisoformat(last["Change Date+Time"]),
                impact=last["SR Latest Impact"],
                product=last["Product"],
                country=last["Country"],
                entries=len(entries),
            )
        )
    return found


def write_incidents(given: list[Incident], folder: Path) -> dict[str, Path]:
    """Units, staff (the owning teams) and interactions, each as a file for ``zhiyin import``."""
    lines = sorted({one.line for one in given})
    teams = sorted({(one.team, one.line) for one in given})
    files = {name: folder / f"volvo-{name}.csv" for name in ("units", "staff", "interactions")}
    _table(files["units"], ["code", "name", "kind", "parent"], ([_code(line), line, "centre", "HQ"] for line in lines))
    owners = dict(teams)
    _table(
        files["staff"],
        ["code", "name", "unit", "role"],
        ([_code(team), team, _code(line), "agent"] for team, line in owners.items()),
    )
    columns = ["source", "external_id", "customer", "touchpoint", "unit", "staff", "started_at", "ended_at"]
    _table(
        files["interactions"],
        [*columns, "impact", "product", "country", "entries"],
        (
            [
                *("volvo-it", one.number, f"SR-{one.number}", "repair", _code(one.line), _code(one.team)),
                *(one.started_at.isoformat(), one.ended_at.isoformat()),
                *(one.impact, one.product, one.country, one.entries),
            ]
            for one in given
        ),
    )
    return files


def _code(name: str) -> str:
    return name.strip().replace(" ", "-")[:60]


def _table(path: Path, header: list[str], rows: Iterator[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def ecsi_survey(items: list[str]) -> str:
    """The 24 items as a questionnaire; CUSA1, overall satisfaction, is its headline."""
    parts = [
        VOICE_SURVEY.replace("voice_call", "ecsi_mobile")
        .replace("语音通话评价", "ECSI 手机服务调查")
        .replace('purpose = "service"', 'purpose = "study"')
    ]
    for item in items:
        parts.append(
            f'[[survey.question]]\nkey = "{item.lower()}"\nkind = "scale"\nscale = "one_to_ten"\n'
            f'title = {{ zh-hans = "{item}" }}\nrequired = false\n'
        )
    parts.append('[survey.measures]\nheadline = "cusa1"\ntop_from = 10\n')
    return "\n".join(parts)


def write_ecsi(path: Path, target: Path, *, now: datetime) -> list[str]:
    """The answers as a file for ``zhiyin import responses``; returns the item names."""
    rows = list(read(path))
    items = list(rows[0])
    _table(
        target,
        ["external_id", "answered_at", *(f"q_{item.lower()}" for item in items)],
        ([f"ecsi-{place}", now.isoformat(), *(row[item] for item in items)] for place, row in enumerate(rows, 1)),
    )
    return items


def study(key: str, scales: dict[str, tuple[int, int]], questions: dict[str, str], *, headline: str, top: int) -> str:
    """A questionnaire that somebody else asked: scale -> both ends, question -> scale."""
    parts = ['languages = ["zh-hans"]']
    for name, (low, high) in scales.items():
        parts.append(
            f'[[scale]]\nkey = "{name}"\nlow = {low}\nhigh = {high}\n'
            'low_label = { zh-hans = "低" }\nhigh_label = { zh-hans = "高" }'
        )
    parts.append(f'[[survey]]\nkey = "{key}"\npurpose = "study"\nname = {{ zh-hans = "{key}" }}')
    for question, scale in questions.items():
        parts.append(
            f'[[survey.question]]\nkey = "{question}"\nkind = "scale"\nscale = "{scale}"\n'
            f'title = {{ zh-hans = "{question}" }}\nrequired = false'
        )
    parts.append(f'[survey.measures]\nheadline = "{headline}"\ntop_from = {top}\n')
    return "\n".join(parts)


def slug(name: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in name.lower()).strip("_")


def write_table(target: Path, header: list[str], rows: Iterator[list[object]]) -> None:
    _table(target, header, rows)
