"""Chinese is the first language: every sentence that the code or a template shows has a Chinese one.

Messages are found by reading: Python by its syntax tree, templates by Django's own ``templatize``. The gettext
binaries are not needed.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

from scripts.build_locale import PARTS, ROOT, merged

SOURCE = ROOT / "src" / "zhiyin"
# The position of the context, the original and the plural in the arguments of each function.
SHAPES = {"gettext": (None, 0), "ngettext": (None, 0), "pgettext": (0, 1), "npgettext": (0, 1)}
SKIPPED = {"tests", "migrations", "static"}
CALL_IN_TEMPLATE = re.compile(r"(?<![\w.])(_|n?p?gettext)\(")

Key = tuple[str | None, str]


def shape_of(function: str) -> tuple[int | None, int] | None:
    """Where a function of django.utils.translation takes its texts; None if it takes none."""
    return SHAPES.get(function.removesuffix("_lazy").removesuffix("_noop"))


def messages_of_python(text: str, where: str) -> Iterator[tuple[Key, str]]:
    """Each message of a module with the place where it stands. A message that is put together fails the test."""
    tree = ast.parse(text)
    called: dict[str, tuple[int | None, int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                if shape := shape_of(name.name):
                    called[name.asname or name.name] = shape
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        shape = called.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            shape = shape_of(node.func.attr) if node.func.value.id == "translation" else None
        if shape:
            yield from message_of_call(node, shape, f"{where}:{node.lineno}")


def message_of_call(call: ast.Call, shape: tuple[int | None, int], where: str) -> Iterator[tuple[Key, str]]:
    """The message of one call, if its text stands there (a variable's text stands where it was marked)."""
    context_at, original_at = shape
    if len(call.args) <= original_at:
        return
    original = call.args[original_at]
    assert not isinstance(original, ast.JoinedStr | ast.BinOp), f"{where}: a message put together is never found again"
    context = call.args[context_at] if context_at is not None else None
    if isinstance(original, ast.Constant) and (context is None or isinstance(context, ast.Constant)):
        yield (str(context.value) if context else None, str(original.value)), where


def messages_of_template(text: str, where: str) -> Iterator[tuple[Key, str]]:
    """Each message of a template. ``templatize`` leaves the calls that xgettext would read and blanks the rest."""
    marked = templatize(text, origin=where)
    for found in CALL_IN_TEMPLATE.finditer(marked):
        number = marked.count("\n", 0, found.start()) + 1
        call = ast.parse(balanced(marked[found.start() :]), mode="eval").body
        assert isinstance(call, ast.Call)
        yield from message_of_call(call, SHAPES.get(found[1], SHAPES["gettext"]), f"{where}:{number}")


def balanced(text: str) -> str:
    """The call that ``text`` begins with, to its closing bracket."""
    quote, depth, position = "", 0, 0
    while position < len(text):
        sign = text[position]
        if quote:
            position += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        else:
            depth += (sign == "(") - (sign == ")")
            if sign == ")" and depth == 0:
                return text[: position + 1]
        position += 1
    raise ValueError(f"a call without its end: {text[:80]!r}")


def messages_in(folder: Path) -> dict[Key, str]:
    """Every message that the product shows, with the first place where it stands."""
    found: dict[Key, str] = {}
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder)
        if SKIPPED.intersection(where.parts) or path.suffix not in {".py", ".html", ".txt"}:
            continue
        if path.suffix != ".py" and "templates" not in where.parts:
            continue
        read = messages_of_python if path.suffix == ".py" else messages_of_template
        for key, place in read(path.read_text(encoding="utf-8"), str(where)):
            found.setdefault(key, place)
    return found


def listed(messages: dict[Key, str]) -> str:
    """Messages as lines: place, text, context."""
    return "\n".join(
        f"  {place}: {original!r}" + (f" ({context})" if context else "")
        for (context, original), place in sorted(messages.items(), key=lambda item: item[1])
    )


def test_every_message_has_its_chinese():
    chinese = {entry.key for entry in merged(sorted(PARTS.glob("*.po")))}
    shown = messages_in(SOURCE)
    assert shown, "no message was found: the search is broken"
    missing = {key: place for key, place in shown.items() if key not in chinese}
    if missing:
        pytest.fail(f"{len(missing)} without Chinese; add them to src/zhiyin/locale/parts/:\n{listed(missing)}")


def test_no_translation_outlives_its_message():
    shown = messages_in(SOURCE)
    unused = {entry.key: entry.where for entry in merged(sorted(PARTS.glob("*.po"))) if entry.key not in shown}
    if unused:
        pytest.fail(f"{len(unused)} translations of messages that nothing shows:\n{listed(unused)}")


def test_messages_are_found_in_python():
    module = """
from django.utils import translation
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext_lazy
_("plain " "and continued"); gettext_lazy("lazy"); ngettext("%(n)d case", "%(n)d cases", n)
pgettext_lazy("verb", "Close"); translation.gettext("by module"); _(variable); other("not one")
"""
    assert [key for key, _ in messages_of_python(module, "module.py")] == [
        (None, "plain and continued"),
        (None, "lazy"),
        (None, "%(n)d case"),
        ("verb", "Close"),
        (None, "by module"),
    ]


@pytest.mark.parametrize("call", ['_(f"{n} left")', '_("left: " + n)', '_("%d left" % n)'])
def test_a_message_put_together_is_refused(call):
    module = f"from django.utils.translation import gettext as _\n{call}"
    with pytest.raises(AssertionError, match=r"module\.py:2: a message put together"):
        list(messages_of_python(module, "module.py"))


def test_messages_are_found_in_templates():
    template = """{% load i18n %}<h1 title='{% translate "Say 'yes'" %}'>{% trans "Short" context "size" %}</h1>
{% blocktranslate trimmed with name=customer.name %}
  Hello {{ name }},
  100% done
{% endblocktranslate %}{% blocktranslate count n=total %}{{ n }} case{% plural %}{{ n }} cases{% endblocktranslate %}
{{ _("In a variable")|title }}{% include "x.html" with label=_("In a tag") %}"""
    assert {key for key, _ in messages_of_template(template, "page.html")} == {
        (None, "Say 'yes'"),
        ("size", "Short"),
        (None, "Hello %(name)s, 100%% done"),
        (None, "%(n)s case"),
        (None, "In a variable"),
        (None, "In a tag"),
    }
