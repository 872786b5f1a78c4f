"""docs/glossary.md has every model, every role and every measure's word."""

from pathlib import Path

import pytest
from django.apps import apps

from zhiyin.people.roles import Role

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "glossary.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]
CODES = {row[2] for row in ROWS}
MODELS = [
    model.__name__ for app in apps.get_app_configs() if app.name.startswith("zhiyin.") for model in app.get_models()
]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_in_the_glossary(model):
    assert model in CODES


@pytest.mark.parametrize("role", Role.values)
def test_every_role_is_in_the_glossary(role):
    assert role in CODES


def test_both_languages_are_given():
    assert [row for row in ROWS[1:] if not (row[0] and row[1])] == []
