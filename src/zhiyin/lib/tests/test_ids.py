"""Ids rise with time, never repeat, and tell the month they belong to."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.ids import EPOCH, NODE_BITS, SEQUENCE_BITS, IdMaker, first_id_at, moment_of

NOW = datetime(2026, 11, 20, 2, 0, 0, 123_000, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2150, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  (st adds UTC)


def test_an_id_tells_when_it_was_made_to_the_millisecond():
    (identifier,) = IdMaker(node=7).take(1, now=NOW + timedelta(microseconds=999))
    assert moment_of(identifier) == NOW


def test_ids_of_two_nodes_differ_at_the_same_moment():
    assert IdMaker(node=1).take(1, now=NOW) != IdMaker(node=2).take(1, now=NOW)


@pytest.mark.parametrize("node", [0, 1, 4095, 4096 + 3])
def test_the_node_stands_in_the_id(node):
    (identifier,) = IdMaker(node=node).take(1, now=NOW)
    assert identifier >> SEQUENCE_BITS & ((1 << NODE_BITS) - 1) == node % 4096


def test_a_clock_that_steps_back_repeats_nothing_and_the_order_stays():
    maker = IdMaker(node=1)
    made = [*maker.take(3, now=NOW), *maker.take(3, now=NOW - timedelta(hours=3)), *maker.take(3, now=NOW)]
    assert made == sorted(set(made))


def test_a_burst_borrows_from_the_milliseconds_to_come():
    made = IdMaker(node=1).take(3 * 512, now=NOW)
    assert len(set(made)) == 3 * 512
    assert {moment_of(one) for one in made} == {NOW, NOW + MILLISECOND, NOW + 2 * MILLISECOND}


def test_nothing_taken_is_nothing():
    assert list(IdMaker(node=1).take(0, now=NOW)) == []


def test_threads_share_a_maker_without_repeating():
    maker, made = IdMaker(node=1), list[int]()
    threads = [Thread(target=lambda: made.extend(maker.take(100, now=NOW))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1600


def test_an_id_fits_a_bigint_for_a_century():
    assert max(IdMaker(node=4095).take(512, now=datetime(2150, 1, 1, tzinfo=UTC))) < 2**63


@given(MOMENTS)
def test_the_border_of_a_month_parts_what_came_before_from_what_came_after(moment):
    border = first_id_at(moment)
    (at, after) = (IdMaker(node=0).take(1, now=moment)[0], IdMaker(node=0).take(1, now=moment + MILLISECOND)[0])
    assert border <= at < after
    if moment - EPOCH >= MILLISECOND:
        assert max(IdMaker(node=4095).take(512, now=moment - MILLISECOND)) < border
