"""Facts are frozen dataclasses with a name of their own, and an old fact reads under a newer version of its class."""

from dataclasses import dataclass

import pytest

from zhiyin.ledger.events import fact, from_data, known_kinds, to_data
from zhiyin.ledger.testing import Happened


def test_a_fact_comes_back_as_it_was():
    event = Happened(3, "记下", {"a": [1, None]})
    assert from_data("test.happened", to_data(event)) == event


def test_fields_that_are_gone_are_ignored_and_new_ones_take_their_defaults():
    assert from_data("test.happened", {"number": 3, "dropped": True}) == Happened(3)


def test_two_facts_cannot_have_one_name():
    @dataclass(frozen=True)
    class Other:
        number: int = 0

    with pytest.raises(TypeError, match=r"two facts are called test\.happened"):
        fact("test.happened")(Other)


def test_a_fact_must_be_a_dataclass():
    class Plain:
        pass

    with pytest.raises(TypeError, match="must be a dataclass"):
        fact("test.plain")(Plain)
    assert "test.plain" not in known_kinds()
