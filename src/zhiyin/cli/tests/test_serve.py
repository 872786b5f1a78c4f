"""``serve`` and its halves: a taken port is said at once, a half that dies is started again."""

import socket
import sys
import time
from collections.abc import Callable

import pytest

from zhiyin.cli.frame import BadInput
from zhiyin.cli.serve import Child, refuse_taken_port, web_arguments


def until(true: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestPorts:
    @pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
    def test_c32_a_taken_port_is_refused_with_the_cure(self, family, host):
        with socket.socket(family, socket.SOCK_STREAM) as taken:
            try:
                taken.bind((host, 0))
            except OSError:
                pytest.skip(f"This machine has no {host}.")
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(BadInput, match=rf"--host {host} --port {port}: .*Choose another with --port\."):
                refuse_taken_port(host, port)
        refuse_taken_port(host, port)

    def test_a_host_that_is_not_here_is_refused(self):
        with pytest.raises(BadInput, match="--host 192.0.2.1"):
            refuse_taken_port("192.0.2.1", 18169)


class TestChildren:
    def child(self, code: str) -> Child:
        return Child("test", lambda: [sys.executable, "-c", code])

    def test_one_that_dies_is_started_again(self):
        child = self.child("pass")
        child.start()
        first = child._process
        assert first is not None
        first.wait(20)

        def started_again() -> bool:
            child.look_after()
            return child._process is not first

        until(started_again)
        child.stop()

    def test_one_that_dies_at_once_is_started_more_slowly_each_time(self, monkeypatch):
        child = self.child("pass")
        pauses = []
        child.start()
        for _ in range(8):
            assert child._process is not None
            child._process.wait(20)
            child.look_after()
            pauses.append(child._pause)
            child._due = time.monotonic() - 1  # its time has come
            child.look_after()
        assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
        child.stop()

    def test_one_that_works_is_left_alone(self):
        child = self.child("import time; time.sleep(60)")
        child.start()
        running = child._process
        child.look_after()
        assert child._process is running
        child.stop()
        assert running is not None
        assert running.poll() is not None

    def test_stopping_what_never_started_or_has_ended_is_nothing(self):
        child = self.child("pass")
        child.look_after()
        child.stop()
        child.start()
        assert child._process is not None
        child._process.wait(20)
        child.stop()


def test_the_web_half_is_told_where_to_listen():
    arguments = web_arguments("0.0.0.0", 8080)
    assert arguments[arguments.index("--host") + 1] == "0.0.0.0"
    assert arguments[arguments.index("--port") + 1] == "8080"
    assert "zhiyin.config.wsgi:application" in arguments
