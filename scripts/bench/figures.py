"""Figures over 1, 10 and (with ``--full``) 100 million answers: what the overview asks, what the explorer may ask, and
the same questions as hand-written SQL by the bare engine on the same files. One process for each size.

    .venv/bin/python -m scripts.bench.figures [--full]

The answers are generated; sorting, roll-ups, merging and asking are the product's (``_answers``). How fast the mirror
is built from a record, and how fresh it stays under load, is measured by ``mirror``.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.bench._organisation import KEYS, ROOT

SIZES, FULL = (1_000_000, 10_000_000), 100_000_000
ROUNDS = 15


def main() -> int:
    if "--inside" in sys.argv:
        print(json.dumps(_measure(int(sys.argv[-1]))))
        return 0
    sizes = (*SIZES, FULL) if "--full" in sys.argv else SIZES
    found = {size: _apart(size) for size in sizes}
    for size, one in found.items():
        _show(size, one)
    first, last = found[sizes[0]], found[sizes[-1]]
    times = sizes[-1] / sizes[0]
    print(
        f"\n{times:.0f} times the answers: building took {last['cpu'] / first['cpu']:.1f} times the processor time; ",
        end="",
    )
    slower = max(last["charts"][name]["p95"] / first["charts"][name]["p95"] for name in last["charts"])
    print(f"the chart that grew most takes {slower:.1f} times as long")
    return 0


def _apart(size: int) -> dict[str, Any]:
    """Measured in a process with a folder of its own, which goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            **os.environ,
            **KEYS,
            "ZHIYIN_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings",
        }
        command = [sys.executable, "-m", "scripts.bench.figures", "--inside", str(size)]
        done = subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _show(size: int, one: dict[str, Any]) -> None:
    print(f"\n{size:,} answers: {one['files']} files, {one['megabytes']:,.0f} MB; ", end="")
    print(f"built from generated rows at {size / one['wall']:,.0f}/s, {size / one['cpu']:,.0f} per second of ", end="")
    print(f"processor time (generating them: {one['generating']:.0%} of it); greatest memory {one['memory']:,.0f} MB")
    print(f"  {'question':<42} {'table':<15} {'median':>8} {'p95':>8} {'bare':>8} {'ratio':>6}")
    for name, chart in one["charts"].items():
        ratio = chart["median"] / chart["bare"]
        print(
            f"  {name:<42} {chart['table']:<15} {chart['median'] * 1000:6.0f}ms {chart['p95'] * 1000:6.0f}ms "
            f"{chart['bare'] * 1000:6.0f}ms {ratio:6.2f}"
        )


def _measure(size: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    settings.CATALOGUE = "scripts.bench._answers"
    from scripts.bench import _answers

    _answers.responses_in_all = size // _answers.QUESTIONS
    found = _built(size // _answers.QUESTIONS)
    found["charts"] = {name: _chart(question, bare) for name, question, bare in _questions()}
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _built(responses: int) -> dict[str, Any]:
    """The mirror, written as the worker writes it when it reads a ledger of so many responses from its beginning."""
    from scripts.bench import _answers
    from zhiyin.metrics import manifest as manifests
    from zhiyin.metrics import mirror
    from zhiyin.metrics.building import Workshop
    from zhiyin.metrics.following import FactFiles
    from zhiyin.metrics.manifest import Manifest
    from zhiyin.metrics.tiers import SIZES as STRETCHES

    generating = 0.0

    def load(ids: Any) -> Any:
        nonlocal generating
        began = _cpu()
        rows = _answers.generated(ids)
        generating += _cpu() - began
        return rows

    from dataclasses import replace

    mirror.folder().mkdir(parents=True, exist_ok=True)
    started, used = time.perf_counter(), _cpu()
    with Workshop(mirror.folder()) as shop:
        files = FactFiles(replace(_answers.ANSWERS, load=load), shop, {}, 0)
        for before in range(0, responses, STRETCHES[-1]):
            ids = range(before + 1, min(before + STRETCHES[-1], responses) + 1)
            files.advance(ids[-1], dict(zip(ids, ids, strict=True)))
    wall, cpu = time.perf_counter() - started, _cpu() - used
    tables = {name: tuple(parts) for name, parts in files.parts.items()}
    manifests.write(mirror.folder(), Manifest(responses, datetime.now(UTC), tables, mirror._layout()))
    mirror._tidy(mirror.manifest(), mirror.manifest())
    written = [path.stat().st_size for path in mirror.folder().glob("*.parquet")]
    return {
        "wall": wall,
        "cpu": cpu,
        "generating": generating / cpu,
        "files": len(written),
        "megabytes": sum(written) / 1e6,
        "rows": {name: sum(part.rows for part in parts) for name, parts in tables.items()},
    }


def _questions() -> list[tuple[str, Callable[[int], Any], Callable[[int], tuple[str, list[Any]]]]]:
    """What the overview shows, and what somebody in the explorer may ask; each with the period moved by some days, and
    with the SQL that somebody who knows the files would write for it."""
    from zoneinfo import ZoneInfo

    from zhiyin.metrics.language import Question

    zone = ZoneInfo("Asia/Shanghai")
    end = datetime(2026, 10, 30, tzinfo=zone)
    some = frozenset(range(1, 41))

    def ours(measure: str, *by: str, days: int = 365, **rest: Any) -> Callable[[int], Any]:
        def ask(moved: int) -> Any:
            until = end - timedelta(days=moved)
            return Question(
                measure=measure, by=by, since=until - timedelta(days=days), until=until, **{"units": None, **rest}
            )

        return ask

    def bare(table: str, select: str, where: str = "is_headline AND purpose <> 'recovery'", days: int = 365) -> Any:
        def ask(moved: int) -> tuple[str, list[Any]]:
            until = (end - timedelta(days=moved)).date()
            groups = select.count(" AS k")
            by = f" GROUP BY {', '.join(str(one + 1) for one in range(groups))} ORDER BY ALL" if groups else ""
            sql = f"SELECT {select} FROM {table} WHERE {where} AND day >= ? AND day < ?{by}"
            return sql, [until - timedelta(days=days), until]

        return ask

    top = "sum(CASE WHEN value >= top_from THEN _weight ELSE 0 END), sum(_weight)"
    row_top = "count(*) FILTER (WHERE value >= top_from), count(*)"
    nps = "sum(_weight) FILTER (WHERE value >= 9), sum(_weight) FILTER (WHERE value <= 6), sum(_weight)"
    spread = "sum(value * _weight), sum(value * value * _weight), sum(_weight)"
    within = f"unit_id IN ({', '.join(str(one) for one in sorted(some))})"
    mine = f"is_headline AND purpose <> 'recovery' AND {within}"
    whole, units, rows = "answers_whole", "answers_units", "answers"
    return [
        ("top box, a year", ours("top_box"), bare(whole, top)),
        ("top box by day, a year", ours("top_box", "day"), bare(whole, f"day AS k, {top}")),
        ("top box by week, a year", ours("top_box", "week"), bare(whole, f"date_trunc('week', day) AS k, {top}")),
        (
            "touchpoint x dimension, a year",
            ours("top_box", "touchpoint", "dimension"),
            bare(whole, f"touchpoint AS k, dimension AS k2, {top}", "purpose <> 'recovery'"),
        ),
        ("top box by moment, a month", ours("top_box", "moment", days=30), bare(whole, f"moment AS k, {top}", days=30)),
        (
            "NPS by unit, a year",
            ours("nps", "unit"),
            bare(units, f"unit_id AS k, {nps}", "is_nps AND purpose <> 'recovery'"),
        ),
        (
            "mean and spread by question, a year",
            ours("mean", "question"),
            bare(whole, f"question AS k, {spread}", "purpose <> 'recovery'"),
        ),
        (
            "top box by score, a year",
            ours("top_box", "score"),
            bare(whole, f"value AS k, {top}"),
        ),
        (
            "top box by touchpoint, 40 of 200 units, a year",
            ours("top_box", "touchpoint", units=some),
            bare(units, f"touchpoint AS k, {top}", mine),
        ),
        (
            "responses by day, 40 of 200 units, a year",
            ours("responses", "day", units=some),
            bare(
                units,
                "day AS k, sum(CASE WHEN _first THEN _weight ELSE 0 END)",
                f"purpose <> 'recovery' AND {within}",
            ),
        ),
        (
            "top box by agent (10,000), a month",
            ours("top_box", "staff", days=30),
            bare(rows, f"staff_id AS k, {row_top}", days=30),
        ),
        (
            "ad hoc: channel x segment, 3 filters, a quarter",
            ours(
                "top_box",
                "channel",
                "segment",
                days=90,
                units=some,
                where=(("touchpoint", "touchpoint_1"), ("brand", "brand_2"), ("complaint", "false")),
            ),
            bare(
                rows,
                f"channel AS k, segment AS k2, {row_top}",
                f"{mine} AND touchpoint = 'touchpoint_1' AND brand = 'brand_2' AND NOT complaint",
                days=90,
            ),
        ),
        (
            "ad hoc: channel x segment, 3 filters, a year",
            ours(
                "top_box",
                "channel",
                "segment",
                units=some,
                where=(("touchpoint", "touchpoint_1"), ("brand", "brand_2"), ("complaint", "false")),
            ),
            bare(
                rows,
                f"channel AS k, segment AS k2, {row_top}",
                f"{mine} AND touchpoint = 'touchpoint_1' AND brand = 'brand_2' AND NOT complaint",
            ),
        ),
    ]


def _chart(question: Callable[[int], Any], bare: Callable[[int], tuple[str, list[Any]]] | None) -> dict[str, Any]:
    """Both in turn, so that what else runs on the machine meets both alike."""
    import duckdb

    from zhiyin.metrics import engine
    from zhiyin.metrics.engine import ask

    connection = _bare_connection(duckdb)
    ours, theirs = [], []
    for moved in range(ROUNDS + 2):
        asked = question(moved)
        began = time.perf_counter()
        answer = ask(asked)
        ours.append(time.perf_counter() - began)
        assert answer.figures
        if bare:
            sql, values = bare(moved)
            began = time.perf_counter()
            rows = connection.execute(sql, values).fetchall()
            theirs.append(time.perf_counter() - began)
            assert len(rows) == len(answer.figures), (len(rows), len(answer.figures))
            assert sum(row[-1] for row in rows) == sum(figure.n for figure in answer.figures)
    ours, theirs = sorted(ours[2:]), sorted(theirs[2:])
    middle = len(ours) // 2
    table = next(reversed(engine._plans.values()))[1][0].plan.source.name
    return {
        "median": ours[middle],
        "p95": ours[int(len(ours) * 0.95)],
        "bare": theirs[middle] if theirs else float("nan"),
        "table": table,
    }


def _bare_connection(duckdb: Any) -> Any:
    """The engine alone, with a view of each table over the very files of the mirror."""
    from zhiyin.metrics import mirror

    if "bare" not in _kept:
        connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1GB"})
        connection.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true")
        for name in mirror.manifest().tables:
            files = [str(mirror.folder() / file) for file in mirror.manifest().files(name)]
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet({files})")
        _kept["bare"] = connection
    return _kept["bare"]


_kept: dict[str, Any] = {}


if __name__ == "__main__":
    sys.exit(main())
