"""Which line a problem is about, and one number changed without touching the rest of the file."""

import pytest

from zhiyin.outreach.numbers import fields, with_numbers
from zhiyin.outreach.policies import changed_lines, located
from zhiyin.outreach.policy_lines import line_of, value_of, with_value
from zhiyin.outreach.rules import DEFAULT, PolicyInvalid, parse_policy, to_toml

TEXT = """version = "ours"   # named
# two limits
[[limit]]
per = "customer"
max = 10           # S0.28
days = 90
[[limit]]
per = "customer+scenario"
max = 2
days = 90

[gap]
hours = 24
[caps]
[[caps.channel]]
channel = "sms"
per_day = 1000
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("version", 1),
        ("limit[1].max", 5),
        ("limit[2].max", 9),
        ("limit[2].reason", 7),  # not there: its table
        ("limit", 3),
        ("gap.hours", 13),
        ("caps.channel[1].per_day", 17),
        ("caps.channel[1].price", 15),
        ("sampling.share", None),
    ],
)
def test_a_key_has_its_line(key, line):
    assert line_of(TEXT, key) == line


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", "ours"), ("limit[1].max", "10"), ("gap.hours", "24"), ("limit[3].max", None), ("link.hours", None)],
)
def test_a_key_has_its_value(key, value):
    assert value_of(TEXT, key) == value


def test_a_value_is_changed_where_it_stands_and_its_comment_stays():
    changed = with_value(TEXT, "limit[1].max", "8")
    assert changed == TEXT.replace("max = 10           # S0.28", "max = 8           # S0.28")
    assert parse_policy(changed).limits[0].most == 8


def test_what_the_text_leaves_out_is_added():
    assert parse_policy(with_value(TEXT, "link.hours", "9")).link_life.total_seconds() == 9 * 3600
    assert parse_policy(with_value(TEXT, "caps.per_number_per_day", "3")).per_number_per_day == 3
    assert parse_policy(with_value("", "gap.hours", "5")).gap == parse_policy("[gap]\nhours = 5").gap


@pytest.mark.parametrize("value", ["zwölf", '"', "1 2", "-3", "\\", "1]\nmax = 1"])
def test_nonsense_becomes_a_problem_at_its_line_and_nothing_else(value):
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(with_value(TEXT, "limit[2].max", value.replace("\n", " ")))
    (problem,) = located(TEXT, caught.value, "en")
    assert problem.line == 9


def test_every_number_of_the_default_can_be_changed_by_its_field():
    text = to_toml(DEFAULT)
    known = fields(text, DEFAULT, language="zh-hans")
    assert {"limit[1].max", "limit[2].days", "gap.hours", "link.hours", "sampling.share"} <= {one.key for one in known}
    assert with_numbers(text, {one.name: one.value for one in known}, known) == text  # nothing was typed
    given = {"number-limit[1].max": "7", "number-sending_hours.to": "20:30", "number-sampling.share": " 0.5 "}
    policy = parse_policy(with_numbers(text, given, known))
    assert policy.limits[0].most == 7
    assert policy.sending_hours is not None
    assert policy.sending_hours.closes == 20 * 60 + 30
    assert str(policy.share) == "0.5"


def test_broken_toml_is_found_at_its_line():
    text = "[gap]\nhours = zwölf\n"
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(text)
    assert [one.line for one in located(text, caught.value, "zh-hans")] == [2]


def test_texts_are_compared_line_by_line():
    assert changed_lines(TEXT, TEXT) == []
    rows = changed_lines(TEXT, TEXT.replace("hours = 24", "hours = 36"))
    assert [(row.sign, row.text) for row in rows if row.sign in "+-" and row.sign] == [
        ("-", "hours = 24"),
        ("+", "hours = 36"),
    ]


def test_a_limit_that_the_text_leaves_to_the_default_is_written_out_first():
    text = "[gap]\nhours = 36\n"
    before = parse_policy(text)
    given = {"number-limit[2].max": "3", "number-caps.per_number_per_day": "2"}
    after = parse_policy(with_numbers(text, given, fields(text, before, language="en")))
    assert (after.limits[1].most, after.per_number_per_day) == (3, 2)
    assert (after.gap, after.limits[0]) == (before.gap, before.limits[0])
