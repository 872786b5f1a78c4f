"""docs/formulas.md: every measure of the catalogue has its definition there, and its worked rows are right."""

import json
import re
from pathlib import Path

import pytest

from zhiyin.catalogue import COMPOSITES, FIXED_MEASURES
from zhiyin.metrics.composites import as_measure
from zhiyin.metrics.language import METHODS, Unit

MEASURES = {**FIXED_MEASURES, **{one.key: as_measure(one) for one in COMPOSITES}}
TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formulas.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| `(\{.*\})` \| (\S+) \| (\S+) \| (\S+) \|$", re.MULTILINE)


def test_every_measure_is_on_the_page_and_nothing_else():
    assert set(SECTIONS) == set(MEASURES)


@pytest.mark.parametrize("key", sorted(MEASURES))
def test_the_page_says_what_the_measure_says(key):
    measure, section = MEASURES[key], SECTIONS[key]
    assert measure.definition["en"] in section
    assert f"{measure.name['zh-hans']} · {measure.name['en']}." in section
    assert measure.formula in section
    assert f"interval: {METHODS[measure.method]['en']}" in section
    assert f"unit {measure.unit}" in section
    assert (measure.unit is Unit.COUNT) or f"withheld below n = {measure.least}" in section
    assert not measure.source or f"source {measure.source}" in section
    assert ("higher is better" if measure.higher_is_better else "lower is better") in section
    assert measure.scoring is None or f"Scoring: {measure.scoring['en']}" in section
    rows = ROW.findall(section)
    assert rows
    for sums, *figures in rows:
        found = measure.estimate(json.loads(sums))
        assert found is not None
        assert [float(figure) for figure in figures] == pytest.approx([found.value, found.low, found.high], abs=1e-6)


def test_every_method_of_an_interval_is_on_the_page():
    told = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| .*\|$", TEXT.partition("## The intervals")[2], re.MULTILINE))
    assert {method: told.get(str(method)) for method in METHODS} == {one: text["en"] for one, text in METHODS.items()}
