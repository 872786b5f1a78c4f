"""The lexicon as versions."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from zhiyin.insight.actions import apply_lexicon
from zhiyin.insight.queries import reading, readings
from zhiyin.insight.rules import BadLexicon
from zhiyin.insight.testing import EMOTIONS, make_lexicon
from zhiyin.lib.errors import NotAllowed
from zhiyin.people.access import Viewer
from zhiyin.people.roles import GRANTS, Role

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_comments_are_calm_until_a_lexicon_is_applied() -> None:
    assert not reading("你们就是垃圾").reading.is_angry
    make_lexicon(now=NOW)
    assert reading("你们就是垃圾").reading.is_angry


def test_a_reading_names_the_lexicon_in_force() -> None:
    make_lexicon(now=NOW)
    milder = {**EMOTIONS, "angry_from": 9.0}
    assert make_lexicon(now=NOW + timedelta(days=1), content=milder) == 2
    read = reading("你们就是垃圾")
    assert (read.lexicon, read.reading.is_angry) == (2, False)


def test_applying_the_same_words_again_changes_nothing() -> None:
    assert [make_lexicon(now=NOW), make_lexicon(now=NOW)] == [1, 1]


def test_a_broken_lexicon_leaves_the_old_one_in_force() -> None:
    make_lexicon(now=NOW)
    with pytest.raises(BadLexicon):
        apply_lexicon(content={}, by=Viewer.system("test"), now=NOW)
    assert reading("你们就是垃圾").lexicon == 1


def test_only_who_manages_settings_may_apply_one() -> None:
    agent = Viewer(actor="staff:1", permissions=GRANTS[Role.AGENT])
    with pytest.raises(NotAllowed):
        apply_lexicon(content=EMOTIONS, by=agent, now=NOW)


def test_many_comments_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_lexicon(now=NOW)
    with django_assert_num_queries(1):
        assert [one.reading.is_angry for one in readings(["垃圾", "", "谢谢"])] == [True, False, False]
    with django_assert_num_queries(0):
        readings(["", ""])
