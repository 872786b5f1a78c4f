"""The Chinese is put together faithfully, and what cannot stand is refused with its file and line."""

import gettext
import io
from pathlib import Path

import pytest

from scripts import build_locale
from scripts.build_locale import BadTranslation, merged

WELL_FORMED = r"""
#: src/zhiyin/cases/views.py
msgid "Close the case"
msgstr "关闭工单"

msgctxt "verb"
msgid "Close"
msgstr "关闭"
msgctxt "near"
msgid "Close"
msgstr "临近"

msgid ""
"Two lines\n"
"and a \"quote\""
msgstr ""
"两行\n"
"和“引号”"

msgid "%(count)d case"
msgid_plural "%(count)d cases"
msgstr[0] "%(count)d 张工单"
"""


def part(folder: Path, text: str, name: str = "cases.po") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_was_written_is_what_a_program_finds(tmp_path):
    compiled = build_locale.mo_bytes(merged([part(tmp_path, WELL_FORMED)]))
    chinese = gettext.GNUTranslations(io.BytesIO(compiled))
    assert chinese.gettext("Close the case") == "关闭工单"
    assert chinese.pgettext("verb", "Close") == "关闭"
    assert chinese.pgettext("near", "Close") == "临近"
    assert chinese.gettext('Two lines\nand a "quote"') == "两行\n和“引号”"
    assert {chinese.ngettext("%(count)d case", "%(count)d cases", n) for n in (1, 2)} == {"%(count)d 张工单"}
    assert chinese.gettext("not translated") == "not translated"


def test_the_po_file_says_the_same_as_the_parts(tmp_path):
    entries = merged([part(tmp_path, WELL_FORMED)])
    body = build_locale.po_text(entries).split("\n\n", 1)[1]
    again = merged([part(tmp_path, body, "again.po")])
    assert [(e.key, e.plural, e.translation) for e in again] == [(e.key, e.plural, e.translation) for e in entries]


def test_the_same_translation_twice_is_kept_once(tmp_path):
    twice = [part(tmp_path, 'msgid "Close"\nmsgstr "关闭"\n', name) for name in ("a.po", "b.po")]
    assert len(merged(twice)) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            'msgid "Close"\nmsgstr "关闭"\n\nmsgid "Close"\nmsgstr "关上"\n',
            r"cases\.po:4: .*'关上'.*'关闭'.*cases\.po:1",
        ),
        ('\nmsgid "Close"\nmsgstr ""\n', r"cases\.po:2: .*needs exactly one translation"),
        ('msgid "Close"\n\nmsgid "Open"\nmsgstr "打开"\n', r"cases\.po:1: .*needs exactly one translation"),
        ('msgid "%(n)s left"\nmsgstr "还剩"\n', r"cases\.po:1: .*placeholders \['%\(n\)s'\], the translation \[\]"),
        ('msgid "{n} left"\nmsgstr "还剩 {m}"\n', r"cases\.po:1: .*placeholders"),
        ('msgid ""\nmsgstr "Language: zh"\n', r"cases\.po:1: .*no empty msgid"),
        ('msgid "Close"\nmsgstr "关"闭"\n', r"cases\.po:2: expected a string in double quotes"),
        ('"lost"\n', r"cases\.po:1: expected msgid"),
        ("msgid Close\n", r"cases\.po:1: expected"),
    ],
)
def test_what_cannot_stand_is_refused_with_file_and_line(tmp_path, text, complaint):
    with pytest.raises(BadTranslation, match=complaint):
        merged([part(tmp_path, text)])
