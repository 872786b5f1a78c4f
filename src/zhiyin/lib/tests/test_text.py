"""Texts per language: a sentence in the wrong language beats none."""

import pytest

from zhiyin.lib.text import both, pick


@pytest.mark.parametrize(
    ("text", "language", "picked"),
    [
        (both("热线", "Hotline"), "zh-hans", "热线"),
        (both("热线", "Hotline"), "en", "Hotline"),
        (both("热线", "Hotline"), "fr", "热线"),
        ({"en": "Hotline"}, "zh-hans", "Hotline"),
        ({"zh-hans": "", "en": "Hotline"}, "zh-hans", "Hotline"),
        ({"ug": "لىنىيە"}, "en", "لىنىيە"),
        ("热线", "en", "热线"),
        (None, "en", ""),
        ({}, "en", ""),
        ("", "en", ""),
    ],
)
def test_pick_finds_a_text_in_this_language_or_another(text, language, picked):
    assert pick(text, language) == picked
