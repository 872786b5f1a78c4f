"""ClickHouse over HTTP: what is sent, what is read, and what is said when it does not answer.

That it computes the same figures is seen in `make test-distributed`, on ClickHouse's own engine.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from django.utils import translation

from zhiyin.lib.engine_address import read_address
from zhiyin.metrics.engines import EngineAway, EngineFailed, EngineRefused, Gone
from zhiyin.metrics.engines.clickhouse import LOOKS, ClickHouse
from zhiyin.metrics.manifest import Manifest, Part
from zhiyin.metrics.planning import Plan, Source, _mark, table_of

ADDRESS = "clickhouse://zhiyin:hunter2@figures:8123/db?mirror=https://store/bucket/mirror"
SOURCE = Source("visits", {"unit_id": "int64", "place": "string", "at": "timestamp"}, "_weight")
PARTS = tuple(Part(f"visits-{name}.parquet", 0, 1, None, None, 1, 1, None, None) for name in "ab")
HELD = Manifest(1, None, {"visits": PARTS})


def plan() -> Plan:
    table = table_of(SOURCE)
    kept = table.filter(table.place == _mark("w0_0", "string"), table.at < _mark("until", "timestamp"))
    return Plan(SOURCE, kept.aggregate(n=kept["_weight"].sum()), {"w0_0": "string", "until": "timestamp"})


def answering(*rows: Any, types: tuple[str, ...] = ("Nullable(Int64)",)) -> httpx.Response:
    lines = [["n"] * len(types), list(types), *rows]
    return httpx.Response(200, text="".join(json.dumps(line) + "\n" for line in lines))


def failing(code: str, text: str = "", status: int = 500) -> httpx.Response:
    return httpx.Response(status, text=text, headers={"X-ClickHouse-Exception-Code": code} if code else {})


class Server:
    """Gives these answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.slept: list[float] = []
        self.engine = ClickHouse(
            read_address(ADDRESS), transport=httpx.MockTransport(self._answer), sleep=self.slept.append
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def rows(self, **values: Any) -> Any:
        made = plan()
        bound = {"w0_0": "hall", "until": datetime(2026, 11, 20, 3, tzinfo=UTC), **values}
        return self.engine.rows(self.engine.compiled(made), made, bound, HELD)


class TestAsking:
    def test_values_travel_beside_the_text(self):
        server = Server(answering([3]))
        server.rows(w0_0="it's\ta \\ trap")
        (request,) = server.asked
        text, parameters = request.content.decode(), request.url.params
        assert "trap" not in text
        assert "{w0_0:Nullable(String)}" in text
        assert parameters["param_w0_0"] == "it's\\ta \\\\ trap"
        assert parameters["param_until"] == "2026-11-20 03:00:00.000000"
        assert (parameters["database"], parameters["wait_end_of_query"]) == ("db", "1")

    def test_who_asks_stands_in_headers_and_never_in_the_address(self):
        server = Server(answering([3]))
        server.rows()
        assert server.asked[0].headers["X-ClickHouse-User"] == "zhiyin"
        assert server.asked[0].headers["X-ClickHouse-Key"] == "hunter2"
        assert "hunter2" not in str(server.asked[0].url)

    def test_each_file_of_the_manifest_is_named_so_that_none_can_be_missed(self):
        server = Server(answering([3]))
        server.rows()
        text = server.asked[0].content.decode()
        for part in PARTS:
            assert f"SELECT * FROM s3('https://store/bucket/mirror/{part.file}', 'Parquet', '" in text
        assert "`at` Nullable(DateTime64(6, \\'UTC\\'))" in text
        assert "`_weight` Nullable(Int64)" in text

    def test_a_table_without_files_is_not_asked_about(self):
        server, made = Server(), plan()
        assert server.engine.rows(server.engine.compiled(made), made, {}, Manifest(1, None, {})) == []

    def test_nothing_is_a_parameter_too(self):
        server = Server(answering([3]))
        server.rows(w0_0=None)
        assert server.asked[0].url.params["param_w0_0"] == "\\N"


def test_rows_are_read_by_their_types():
    types = ("LowCardinality(Nullable(String))", "UInt64", "Nullable(Float64)", "Nullable(Date32)", "Bool")
    server = Server(answering(["hall", "18446744073709551615", 1, "2026-11-20", True], [None] * 5, types=types))
    assert server.rows() == [("hall", 2**64 - 1, 1.0, date(2026, 11, 20), True), (None,) * 5]


class TestFaults:
    @pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.Response(503)], ids=["connect", "503"])
    def test_a_short_fault_is_waited_out(self, fault: Any):
        server = Server(fault, answering([3]))
        assert server.rows() == [(3,)]
        assert server.slept == [0.1]

    def test_a_long_one_is_told(self, caplog: pytest.LogCaptureFixture):
        server = Server(*[httpx.ConnectError("refused")] * LOOKS)
        with caplog.at_level(logging.ERROR), pytest.raises(EngineAway):
            server.rows()
        assert "clickhouse://figures:8123 does not answer" in caplog.text
        assert "hunter2" not in caplog.text

    def test_who_is_slow_is_not_asked_twice(self):
        server = Server(httpx.ReadTimeout("slow"))
        with pytest.raises(EngineAway):
            server.rows()
        assert len(server.asked) == 1

    @pytest.mark.parametrize(
        ("answer", "fault"),
        [
            (failing("516", "Authentication failed", 403), EngineRefused),
            (failing("", "who are you", 401), EngineRefused),
            (failing("497", "Not enough privileges"), EngineRefused),
            (failing("241", "memory limit exceeded"), EngineAway),
            (failing("47", "Unknown identifier"), EngineFailed),
            (failing("107", "File does not exist"), Gone),
            (failing("499", "The specified key does not exist. NoSuchKey"), Gone),
            (failing("499", "Access Denied"), EngineFailed),
            (failing("47", "told too late", 200), EngineFailed),
        ],
    )
    def test_what_it_says_is_told_apart(self, answer: httpx.Response, fault: type[Exception]):
        with pytest.raises(fault):
            Server(answer).rows()

    def test_every_fault_is_a_sentence_a_code_and_a_next_step(self):
        make: Callable[[], Any]
        for make in (EngineAway, EngineRefused, EngineFailed):
            fault = make()
            with translation.override("en"):
                assert str(fault.message).startswith("Figures are not available")
            with translation.override("zh-hans"):
                assert str(fault.message).startswith("暂时看不到指标")
            assert fault.code.startswith("engine_")
            assert fault.next_step
            assert fault.status == 503
