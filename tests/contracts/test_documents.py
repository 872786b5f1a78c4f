"""The documents tell the truth where a machine can see it: links, pictures, headings and recipes exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
RECIPE = re.compile(r"`make ([a-z]+)")


def targets(text: str) -> list[str]:
    """Where the links and pictures of a document lead, those to other sites left out."""
    prose = INLINE_CODE.sub("", CODE.sub("", text))
    found = [target or attribute for target, attribute in LINK.findall(prose)]
    return [target for target in found if not ELSEWHERE.match(target)]


def anchors(text: str) -> set[str]:
    """The anchors that a renderer makes of the headings."""
    headings = re.findall(r"^#{1,6}\s+(.+?)\s*$", CODE.sub("", text), re.MULTILINE)
    found: set[str] = set()
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        again = sum(1 for other in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other))
        found.add(f"{slug}-{again}" if again else slug)
    return found


def is_there(target: str, *, document: Path) -> bool:
    """Whether a link inside the repository leads somewhere."""
    name, _, anchor = target.partition("#")
    path = document if not name else (document.parent / name).resolve()
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    return not anchor or path.suffix != ".md" or anchor in anchors(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(document):
    text = document.read_text(encoding="utf-8")
    assert [target for target in targets(text) if not is_there(target, document=document)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_recipe_named_exists(document):
    recipes = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(RECIPE.findall(document.read_text(encoding="utf-8"))) - recipes == set()


def test_what_leads_nowhere_is_seen(tmp_path):
    document = tmp_path / "page.md"
    document.write_text(
        '# One, 一个\n# Twice\n# Twice\n[a](gone.md) ![b](gone.png "a picture") <img src="gone.svg"> '
        "[c](#one-一个) [d](#twice-1) [e](#two) `[f](code.md)` [g](https://example.org)\n",
        encoding="utf-8",
    )
    text = document.read_text(encoding="utf-8")
    assert targets(text) == ["gone.md", "gone.png", "gone.svg", "#one-一个", "#twice-1", "#two"]
    assert anchors(text) == {"one-一个", "twice", "twice-1"}
    assert not is_there("gone.md", document=ROOT / "CONTRIBUTING.md")
    assert not is_there("../elsewhere.md", document=ROOT / "CONTRIBUTING.md")
    assert is_there("#the-walls", document=ROOT / "CONTRIBUTING.md")
    assert not is_there("#the-roof", document=ROOT / "CONTRIBUTING.md")
