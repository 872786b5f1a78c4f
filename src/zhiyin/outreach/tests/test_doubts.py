"""Only ``outreach.doubts`` settles a doubt or sends again by a person's decision: it knows the invitation, too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import zhiyin

PACKAGE = Path(zhiyin.__file__).parent
TESTS = Path(__file__).parents[4] / "tests"
DECISIONS = {"settle", "resend"}
VERBS = {"zhiyin.messaging.actions", "zhiyin.messaging.actions.people"}
# The room itself, and the one door above it.
MAY = ("messaging/", "outreach/doubts.py")


def reaches(source: str) -> set[str]:
    """Which of the two decisions of ``messaging`` this module imports, or calls on the module of its verbs."""
    tree = ast.parse(source)
    names = {name for name in _imported(tree) if name in DECISIONS}
    modules = {name for name in _imported(tree) if name not in DECISIONS}
    return names | {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in DECISIONS and ast.unparse(node.value) in modules
    }


def _imported(tree: ast.Module) -> Iterator[str]:
    """The decisions by name, and the names under which the module of the verbs is known here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in VERBS:
            yield from (name.name for name in node.names if name.name in DECISIONS)
        if isinstance(node, ast.ImportFrom):
            yield from (name.asname or name.name for name in node.names if f"{node.module}.{name.name}" in VERBS)
        if isinstance(node, ast.Import):
            yield from (name.asname or name.name for name in node.names if name.name in VERBS)


def test_screens_api_and_stories_decide_about_doubts_by_the_one_door() -> None:
    around = [
        str(path.relative_to(folder))
        for folder in (PACKAGE, TESTS)
        for path in folder.rglob("*.py")
        if not str(path.relative_to(folder)).startswith(MAY) and reaches(path.read_text(encoding="utf-8"))
    ]
    assert around == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from zhiyin.messaging.actions import lease, resend", {"resend"}),
        ("from zhiyin.messaging.actions.people import settle", {"settle"}),
        ("from zhiyin.messaging import actions\nactions.settle()", {"settle"}),
        ("from zhiyin.messaging.actions import people as they\nthey.resend()", {"resend"}),
        ("import zhiyin.messaging.actions as verbs\nverbs.settle()", {"settle"}),
        ("from zhiyin.outreach import doubts\ndoubts.settle()", set()),
        ("from zhiyin.messaging.actions import settle_as_sent", set()),
    ],
)
def test_a_way_around_would_be_noticed(source: str, expected: set[str]) -> None:
    assert reaches(source) == expected
