"""Ask every question of the catalogue on every engine that can be had here, and say plainly what came out.

    .venv/bin/python -m scripts.distributed [--spark-every N]

The sample hotline's history is built in a throw-away folder, with its mirror. A Spark cluster of one master and two
workers is started on loopback, and chDB behind ClickHouse's HTTP interface. Each question goes the whole way, from
``ask`` over the product's own engines to figures, and has to come back the same as from DuckDB.

A question costs Spark a second and ClickHouse's engine a fifth of one, so Spark may be asked only every Nth of them, in
the order of the catalogue. The last lines say so, and count.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.distributed.cluster import DRIVER_MEMORY, EXECUTOR_MEMORY, WORKERS, NoCluster, running_cluster
from scripts.test_postgres import stop_with_parent

if TYPE_CHECKING:
    from scripts.distributed.asking import Examination

ROOT = Path(__file__).resolve().parents[2]
WEEKS = 2
SHOWN = 20
AT_ONCE = {"clickhouse": 1, "spark": 3}


@dataclass
class Tally:
    """What came out so far."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: int = 0
    uncovered: list[str] = field(default_factory=list)

    def note(self, what: str, wrong: list[str]) -> None:
        if not wrong:
            self.passed += 1
            return
        self.failures.append(f"{what}: {'; '.join(wrong[:3])}")
        if len(self.failures) <= SHOWN:
            print(f"FAILED {self.failures[-1]}", flush=True)

    def close(self) -> int:
        for sentence in self.uncovered:
            print(f"Not covered: {sentence}")
        print(f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failures else 0


def main(arguments: list[str]) -> int:
    """Returns 0, 1 where anything differed, 2 on bad usage."""
    match arguments:
        case []:
            every = 1
        case ["--spark-every", number] if number.isdecimal() and int(number):
            every = int(number)
        case _:
            print("usage: python -m scripts.distributed [--spark-every N]", file=sys.stderr)
            return 2
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="zhiyin-distributed-", ignore_cleanup_errors=True) as name:
        started = time.monotonic()
        build_sample(Path(name))
        say(f"Sample history and mirror in {time.monotonic() - started:.0f} s")
        # Only now: these need Django.
        from scripts.distributed.asking import Examination  # noqa: PLC0415

        examination = Examination()
        examination.answer_embedded()
        say(f"{len(examination.asked)} questions, {examination.rolled_up} of them answered by a roll-up")
        on_clickhouse(examination, tally)
        on_spark(examination, tally, every)
    return tally.close()


def build_sample(folder: Path) -> None:
    """An installation with weeks of the sample hotline's history, in the folder."""
    for key in [key for key in os.environ if key.startswith("ZHIYIN_")]:
        del os.environ[key]
    os.environ["ZHIYIN_DATA_DIR"] = str(folder)
    os.chdir(folder)  # where no .env lies
    from zhiyin.cli.frame import now, set_up  # noqa: PLC0415

    set_up(make_keys=True)
    from zhiyin.cli.history import build_history  # noqa: PLC0415

    build_history(weeks=WEEKS, until=now(), password=secrets.token_urlsafe(16), show=False)


def on_clickhouse(examination: "Examination", tally: Tally) -> None:
    if not find_spec("chdb"):
        skip(tally, examination, "ClickHouse: chDB is not installed here; `make test-distributed` does it")
        return
    from zhiyin.metrics import mirror  # noqa: PLC0415

    with clickhouse() as address:
        timed("ClickHouse", examination, f"{address}?mirror={mirror.folder()}", tally, AT_ONCE["clickhouse"])


def on_spark(examination: "Examination", tally: Tally, every: int) -> None:
    spec = find_spec("pyspark")
    if not spec or not spec.origin:
        skip(tally, examination, "Spark: PySpark is not installed here; `make test-distributed` does it")
        return
    os.environ |= {
        "PYSPARK_SUBMIT_ARGS": f"--driver-memory {DRIVER_MEMORY} pyspark-shell",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    home = Path(spec.origin).parent
    os.environ["SPARK_HOME"] = str(home)
    try:
        with running_cluster(home) as cluster:
            say(f"Spark: one master, {len(cluster.workers())} workers")
            options = f"cores={WORKERS}&memory={EXECUTOR_MEMORY}&driver=127.0.0.1&timeout=120"
            url = f"spark://{cluster.host}:{cluster.port}?{options}"
            from scripts.distributed.asking import workers_at_work  # noqa: PLC0415

            try:
                timed("Spark", examination, url, tally, AT_ONCE["spark"], every)
                tally.note("Spark: every worker took part", workers_at_work(url, cluster))
            finally:
                examination.stop(url)
    except NoCluster as why:
        skip(tally, examination, f"Spark: {why}")


def timed(name: str, examination: "Examination", url: str, tally: Tally, threads: int, every: int = 1) -> None:
    started, asked = time.monotonic(), examination.asked[::every]
    with ThreadPoolExecutor(threads) as pool:
        for what, wrong in pool.map(lambda one: examination.compared(one, url), asked):
            tally.note(f"{name}: {what}", wrong)
    tally.note(f"{name}: an altered question is noticed", examination.control(url))
    if every > 1:
        left = len(examination.asked) - len(asked)
        tally.skipped += left
        tally.uncovered.append(f"{name}: {left} questions, since only one in {every} was asked (--spark-every)")
    say(f"{name}: {len(asked)} questions in {time.monotonic() - started:.0f} s")


def skip(tally: Tally, examination: "Examination", why: str) -> None:
    tally.skipped += len(examination.asked)
    tally.uncovered.append(why)


@contextmanager
def clickhouse() -> Iterator[str]:
    """chDB behind ClickHouse's interface, in a process of its own; yields the address without options."""
    password = secrets.token_urlsafe(12)
    command = [sys.executable, "-m", "scripts.distributed.clickhouse_stand_in", password]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=stop_with_parent)
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        yield f"clickhouse://zhiyin:{password}@127.0.0.1:{port}/default"
    finally:
        server.kill()
        server.wait()


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
