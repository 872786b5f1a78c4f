"""The version is stated once, and the changelog knows it."""

import re
from importlib.metadata import version
from pathlib import Path

import zhiyin

ROOT = Path(__file__).resolve().parents[2]


def test_the_changelog_begins_with_the_version_of_the_package():
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings, "CHANGELOG.md has no version headings like `## [0.1.0] - 2026-11-22`"
    released = [heading for heading in headings if heading != "Unreleased"]
    assert released[0] == zhiyin.__version__


def test_what_is_installed_is_what_the_source_states():
    assert version("zhiyin") == zhiyin.__version__
