"""How a file of events comes into memory: all of it, whatever it is, and the same whichever way."""

import os
import threading
from io import BytesIO
from mmap import mmap
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhiyin.outreach.rules import DEFAULT_AT_ONCE
from zhiyin.outreach.simulate import files, simulate_events
from zhiyin.outreach.simulate.engine import PLAIN
from zhiyin.outreach.simulate.events import read_events
from zhiyin.outreach.simulate.faults import EventsInvalid

TEXT = b"\xef\xbb\xbfexternal_id,customer,scenario,at\ne1,C1,\xe7\x83\xad\xe7\xba\xbf,2026-11-22T10:00Z\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "COMPILE_FROM", 50)
    path = tmp_path / "events.csv"
    path.write_bytes(TEXT)
    return path


def test_a_small_file_is_bytes_and_a_large_one_reads_the_same(path: Path) -> None:
    large = files.file_data(path)
    assert isinstance(large, mmap)
    assert large[:] == TEXT
    path.write_bytes(TEXT[:40])
    assert files.file_data(path) == TEXT[:40]


def test_a_large_file_is_judged_and_its_faults_are_named(path: Path) -> None:
    out = BytesIO()
    done = simulate_events(
        files.file_data(path),
        lambda: out,
        policy=DEFAULT_AT_ONCE,
        tz=ZoneInfo("Asia/Shanghai"),
        told=lambda step, more, total: None,
        engine=PLAIN,
    )
    assert (done.events, out.getvalue()) == (1, b"external_id,decision,reason\ne1,invite,\n")
    for more, row, field in ((b"e2,C1,\xff\n", 3, ""), (b"e2,C1,x,never\n", 3, "at")):
        path.write_bytes(TEXT + more)
        with pytest.raises(EventsInvalid) as caught:
            read_events(files.file_data(path), engine=PLAIN, progress=lambda done: None)
        assert (caught.value.row, caught.value.field) == (row, field)


def test_a_system_without_large_pages_will_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(files.mmap, "MADV_HUGEPAGE", raising=False)
    assert files.file_data(path)[:] == TEXT


def test_a_file_that_is_cut_meanwhile_is_as_long_as_it_was_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = os.stat(path).st_size
    path.write_bytes(TEXT * 3)
    real = os.fstat

    def cut(number: int) -> os.stat_result:
        status = real(number)
        os.truncate(path, size)
        return status

    monkeypatch.setattr(files.os, "fstat", cut)
    assert files.file_data(path)[:] == TEXT


def test_a_pipe_is_read_to_its_end(path: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(TEXT * 2))
    writer.start()
    assert files.file_data(pipe) == TEXT * 2
    writer.join()
