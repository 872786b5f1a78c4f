"""Faults: a code, a field, a sentence in two languages, and never a value."""

import string

import pytest

from zhiyin.lib.fault_sentences import SENTENCES
from zhiyin.lib.faults import Unclean, fault, shown_name


def _blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_say_the_same_things_and_end_like_sentences(key: str) -> None:
    english, chinese = SENTENCES[key]
    assert _blanks(english) == _blanks(chinese)
    assert english.endswith(".") or english.endswith("?")
    assert chinese.endswith("。") or chinese.endswith("？")
    assert "value" not in _blanks(english)


def test_a_fault_speaks_the_language_asked_for() -> None:
    found = fault("text_too_long", field="name", limit=100, length=101)
    assert found.code == "text_too_long"
    assert found.sentence("en") == "name has 101 characters; at most 100 are taken."
    assert found.sentence("zh-hans") == "「name」有 101 个字，最多 100 个字。"


def test_what_follows_the_dot_only_picks_the_sentence() -> None:
    assert fault("json_invalid.depth", position=3, limit=32).code == "json_invalid"


@pytest.mark.parametrize(
    ("field", "path", "expected"),
    [("phone", "customer", "customer.phone"), ("[2]", "by", "by[2]"), ("", "body", "body"), ("phone", "", "phone")],
)
def test_a_fault_is_named_from_the_record_around_it(field: str, path: str, expected: str) -> None:
    assert fault("missing", field=field).under(path).field == expected


def test_a_strangers_field_name_is_short_and_printable_in_a_sentence() -> None:
    assert shown_name("a\x00\u202eb") == "a\ufffd\ufffdb"
    assert len(shown_name("x" * 5_000)) == 80
    assert fault("unknown_field", field="{0.__class__}").sentence("en").startswith("{0.__class__} is not")


def test_unclean_says_all_that_is_wrong() -> None:
    refused = Unclean([fault("missing", field="a"), fault("blank", field="b")], status=422)
    assert refused.status == 422
    assert [one.code for one in refused.faults] == ["missing", "blank"]
    assert "a is missing." in str(refused)
