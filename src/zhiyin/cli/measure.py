"""``zhiyin measure``: one figure from the one catalogue."""

import csv
import json
import sys
from datetime import date, datetime
from typing import Any

import click

from zhiyin.cli.frame import BadInput, needs_django, now


@click.command("measure")
@click.argument("key")
@click.option("--by", default="", help="Dimensions, comma separated.")
@click.option("--where", multiple=True, help="DIMENSION=VALUE; may be given several times.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True)
@needs_django
def measure_command(
    key: str, by: str, where: tuple[str, ...], since: datetime | None, until: datetime | None, form: str
) -> None:
    """One measure, with n and interval. Reads what is recorded up to now."""
    from zhiyin.metrics import mirror  # noqa: PLC0415  (Django must be set up first)
    from zhiyin.metrics.asking import Asked, answer_to, as_rows  # noqa: PLC0415
    from zhiyin.metrics.language import UnknownName  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.tree import OrganisationTree  # noqa: PLC0415

    tree = OrganisationTree()
    asked = Asked(
        measure=key,
        by=tuple(name.strip() for name in by.split(",") if name.strip()),
        where=tuple(_pair(text) for text in where),
        since=_day(since),
        until=_day(until),
    )
    mirror.catch_up(now=now())
    try:
        found = answer_to(asked, by=Viewer.system("cli"), tree=tree)
    except UnknownName as unknown:
        raise BadInput(str(unknown)) from unknown
    rows = as_rows(found, tree=tree)
    if form == "json":
        body = {"measure": key, "unit": str(found.measure.unit), "as_of": str(found.as_of), "rows": rows}
        click.echo(json.dumps(body, ensure_ascii=False))
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=[*asked.by, "value", "low", "high", "n"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print_table(key, asked.by, rows)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"--where {text}: write DIMENSION=VALUE.")
    return name.strip(), value.strip()


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _print_table(key: str, by: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415  (only tables need it)
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=key)
    for name in (*by, "value", "low", "high", "n"):
        table.add_column(name, justify="left" if name in by else "right")
    for row in rows:
        figures = ["—" if row[name] is None else f"{row[name]:.6g}" for name in ("value", "low", "high")]
        table.add_row(*(str(row[name]) for name in by), *figures, str(row["n"]))
    Console(width=None if sys.stdout.isatty() else 120).print(table)
