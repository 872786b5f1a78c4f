"""The hashed lock files say what pyproject.toml asks for: no package too many, too few or out of range.

Read from the files alone, without the network. `make lock` brings them back in step.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LEVELS = ("bootstrap", "node", "runtime", "dev", "distributed")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([^ ;]+)(?: ; .*)? \\\n((?:    .*\n?)+)", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """One package of a lock file, and whether pyproject.toml itself asked for it."""

    version: Version
    hashes: int
    asked_for: bool


def read(lock_text: str) -> dict[str, Pin]:
    """The packages of a lock file by name."""
    return {
        name: Pin(Version(version), rest.count("--hash=sha256:"), "zhiyin (pyproject.toml" in rest)
        for name, version, rest in PIN.findall(lock_text)
    }


def text_of(level: str) -> str:
    return (ROOT / "requirements" / f"{level}.lock").read_text(encoding="utf-8")


def asked(level: str) -> dict[str, Requirement]:
    """What pyproject.toml asks for at this level, by name."""
    lines: list[str] = list(PROJECT["project"]["dependencies"]) if level in ("runtime", "dev") else []
    if level != "runtime":
        lines += group(level)
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def group(name: str) -> list[str]:
    """A dependency group, with those that it includes."""
    items: list[str | dict[str, str]] = PROJECT["dependency-groups"][name]
    return [line for item in items for line in ([item] if isinstance(item, str) else group(item["include-group"]))]


def out_of_step(requirements: dict[str, Requirement], pins: dict[str, Pin]) -> list[str]:
    """One line for each difference between what is asked for and what is locked."""
    wrong = [f"{name} is not locked" for name in requirements.keys() - pins.keys()]
    wrong += [
        f"{requirement} is asked for, {pins[name].version} is locked"
        for name, requirement in requirements.items()
        if name in pins and pins[name].version not in requirement.specifier
    ]
    nobody = {name for name, pin in pins.items() if pin.asked_for} - requirements.keys()
    return sorted(wrong + [f"{name} is locked and nobody asks for it" for name in nobody])


@pytest.mark.parametrize("level", LEVELS)
def test_a_lock_file_matches_what_is_asked_for(level):
    assert out_of_step(asked(level), read(text_of(level))) == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_package_has_hashes_and_no_address(level):
    text = text_of(level)
    pins = read(text)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)), "a line was not understood"
    assert [name for name, pin in pins.items() if not pin.hashes] == []
    assert "://" not in text
    assert "--index" not in text


def test_the_levels_agree_on_every_version():
    dev = {name: pin.version for name, pin in read(text_of("dev")).items()}
    for level in ("bootstrap", "runtime"):
        versions = {name: pin.version for name, pin in read(text_of(level)).items()}
        assert versions.items() <= dev.items()


@pytest.mark.parametrize(
    ("requirement", "complaint"),
    [
        ("numpy>=3", "numpy>=3 is asked for, 2.4 is locked"),
        ("pandas", "pandas is not locked"),
        (None, "numpy is locked and nobody asks for it"),
    ],
)
def test_a_difference_is_seen(requirement, complaint):
    pins = read("numpy==2.4 \\\n    --hash=sha256:00\n    # via zhiyin (pyproject.toml)\n")
    wanted = {Requirement(requirement).name: Requirement(requirement)} if requirement else {}
    assert complaint in out_of_step(wanted, pins)
