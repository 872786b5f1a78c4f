"""Events a second and memory of ``zhiyin simulate``, in memory on one core and as whole processes over a file.

Processor seconds are what a busy machine cannot distort. The processes find byte code as an installation keeps it, in a
folder of their own, since a machine may be set up to keep none beside the sources.
"""

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

SIZES = (1_000_000, 10_000_000)
ONE_CORE = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
GROUPED = '[[limit]]\nper = "staff"\nmax = 500\ndays = 7\n[[limit]]\nper = "customer"\nmax = 10\ndays = 90\n'


def main() -> None:
    sizes = [int(size) for size in os.environ.get("ZHIYIN_BENCH_EVENTS", "").split(",") if size] or SIZES
    with tempfile.TemporaryDirectory() as folder:
        here = {**os.environ, **ONE_CORE, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/byte-code"}
        child = f"from scripts.bench.simulate import in_memory; in_memory({max(sizes)})"
        subprocess.run([sys.executable, "-c", child], check=True, env=here)
        for size in sizes:
            path = Path(folder) / "events.csv"
            _write(path, size)
            for run in ("first", "warm", "warm"):
                _whole_process(path, Path(folder) / "decisions.csv", size, run, here)


def in_memory(events: int) -> None:
    """Judge so many events that are in memory already, on one core, and say how much memory the process needed."""
    import numpy as np

    from zhiyin.outreach.rules import DEFAULT_AT_ONCE, parse_policy
    from zhiyin.outreach.simulate.columns import Columns
    from zhiyin.outreach.simulate.rehearsal import rehearse

    dice = np.random.default_rng(1)
    columns = Columns(
        customer=dice.integers(0, events // 12, events, np.int32),
        at=1_767_225_600_000_000 + dice.integers(0, 200 * 86_400, events) * 1_000_000,
        customers=events // 12,
        scenario=dice.integers(0, 3, events, np.int32),
        staff=dice.integers(0, 2_000, events, np.int32),
    )
    for name, policy in (
        ("default policy", DEFAULT_AT_ONCE),
        ("a limit per staff, in time", parse_policy(GROUPED, absent=DEFAULT_AT_ONCE)),
    ):
        rehearse(columns, policy, tz=UTC)  # compiled, or taken from the cache
        started, cpu = time.perf_counter(), time.process_time()
        replay = rehearse(columns, policy, tz=UTC)
        seconds, worked = time.perf_counter() - started, time.process_time() - cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"in memory, {events:,} events, {name}: {events / seconds:,.0f}/s, {events / worked:,.0f} per second of"
            f" processor time, {int((replay.verdicts == -1).sum()):,} invited, peak {memory:,.0f} MB"
        )


def _whole_process(path: Path, out: Path, events: int, run: str, environment: dict[str, str]) -> None:
    started, cpu = time.perf_counter(), _cpu()
    command = ["/usr/bin/time", "-f", "%M", sys.executable, "-m", "zhiyin.cli", "simulate", str(path), "-o", str(out)]
    if not Path(command[0]).exists():
        command = command[3:]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds, worked = time.perf_counter() - started, _cpu() - cpu
    peak = re.search(r"^(\d+)$", done.stderr, re.MULTILINE)
    memory = f", peak {int(peak[1]) / 1024:,.0f} MB" if peak else ""
    print(
        f"simulate, {events:,} events, {run}: {events / seconds:,.0f}/s in {seconds:.1f} s, "
        f"{events / worked:,.0f} per second of processor time{memory}"
    )


def _cpu() -> float:
    """Processor seconds of all children so far: what a busy machine cannot distort."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write(path: Path, events: int) -> None:
    dice = random.Random(1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        file.write("external_id,customer,scenario,at\n")
        for number in range(events):
            at = start + timedelta(seconds=dice.randrange(200 * 86_400))
            scenario = ("hotline", "counter", "billing")[number % 3]
            file.write(f"e{number},C{dice.randrange(events // 12)},{scenario},{at:%Y-%m-%dT%H:%M:%S}+08:00\n")


if __name__ == "__main__":
    main()
