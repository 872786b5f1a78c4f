"""A second process reads ahead: the same chunks in the same order, and its end is never mistaken for the file's."""

import os
import signal
from collections.abc import Iterator

import pytest

from zhiyin.cli.frame import WorkFailed
from zhiyin.cli.importing.ahead import reading_ahead


def chunks(broken: Exception | None = None) -> Iterator[list[int]]:
    yield from ([number] * 50_000 for number in range(3))  # more than a pipe holds
    if broken:
        raise broken


def cut_short() -> Iterator[str]:
    yield "first"
    os.kill(os.getpid(), signal.SIGKILL)
    yield "never"


def test_the_same_chunks_in_the_same_order():
    with reading_ahead(chunks()) as read:
        assert [(one[0], len(one)) for one in read] == [(0, 50_000), (1, 50_000), (2, 50_000)]


def test_what_goes_wrong_in_reading_is_raised_after_the_chunks_before_it():
    seen: list[int] = []
    with pytest.raises(UnicodeError, match="no text"), reading_ahead(chunks(UnicodeError("no text"))) as read:
        seen.extend(one[0] for one in read)
    assert seen == [0, 1, 2]


def test_a_reader_that_was_killed_is_no_end_of_the_file():
    with pytest.raises(WorkFailed, match="was stopped"), reading_ahead(cut_short()) as read:
        assert list(read) == ["first"]


def test_whoever_stops_half_way_waits_for_nobody():
    with reading_ahead(chunks()) as read:
        assert next(read)[0] == 0
