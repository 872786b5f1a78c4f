"""docs/formulas.md: every measure of the catalogue has its definition there, and its worked row is right."""

import json
import re
from pathlib import Path

import pytest

from zhiyin.catalogue import MEASURES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formulas.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| `(\{.*\})` \| (\S+) \| (\S+) \| (\S+) \|$", re.MULTILINE)


def test_every_measure_is_on_the_page_and_nothing_else():
    assert set(SECTIONS) == set(MEASURES)


@pytest.mark.parametrize("key", sorted(MEASURES))
def test_the_page_says_what_the_measure_says(key):
    measure, section = MEASURES[key], SECTIONS[key]
    assert measure.definition["en"] in section
    assert measure.formula in section
    rows = ROW.findall(section)
    assert rows
    for sums, *figures in rows:
        found = measure.estimate(json.loads(sums))
        assert found is not None
        assert [float(figure) for figure in figures] == pytest.approx([found.value, found.low, found.high], abs=1e-6)
