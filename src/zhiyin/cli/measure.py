"""``zhiyin measure``: one figure from the one catalogue."""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from zhiyin.cli.frame import BadInput, WorkFailed, needs_django, now

if TYPE_CHECKING:
    from zhiyin.metrics.language import Answer, Question
    from zhiyin.people.tree import OrganisationTree


@click.command("measure")
@click.argument("key")
@click.option("--by", default="", help="Dimensions, comma separated.")
@click.option("--where", multiple=True, help="DIMENSION=VALUE; may be given several times.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--cluster", help="Allow for answers being alike within this dimension (staff).")
@click.option("--weigh", help="Give every group of this dimension the weight of its people, whoever answered.")
@click.option("--people", default="sent", show_default=True, help="With --weigh: the count of people.")
@click.option("--about", is_flag=True, help="What the measure means instead of its figure.")
@click.option("--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True)
@needs_django
def measure_command(
    key: str,
    by: str,
    where: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    cluster: str | None,
    weigh: str | None,
    people: str,
    about: bool,
    form: str,
) -> None:
    """One measure, with n and interval. Reads what is recorded up to now."""
    from zhiyin.metrics import mirror  # noqa: PLC0415  (Django must be set up first)
    from zhiyin.metrics.asking import Asked, as_rows, question_of  # noqa: PLC0415
    from zhiyin.metrics.engine import ask  # noqa: PLC0415
    from zhiyin.metrics.engines import FiguresUnavailable  # noqa: PLC0415
    from zhiyin.metrics.language import UnknownName  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.tree import OrganisationTree  # noqa: PLC0415

    if cluster and weigh:
        raise BadInput("--cluster and --weigh: use one of them.")
    tree = OrganisationTree()
    asked = Asked(
        measure=key,
        by=tuple(name.strip() for name in by.split(",") if name.strip()),
        where=tuple(_pair(text) for text in where),
        since=_day(since),
        until=_day(until),
    )
    if about:
        _tell_about(key)
        return
    mirror.catch_up(now=now())
    try:
        question = question_of(asked, by=Viewer.system("cli"), tree=tree)
        if cluster:
            found, beside = _by_design(question, cluster)
        elif weigh:
            found, beside = _weighed(question, weigh, people, tree)
        else:
            found, beside = ask(question), []
    except UnknownName as unknown:
        raise BadInput(str(unknown)) from unknown
    except FiguresUnavailable as away:
        raise WorkFailed(str(away)) from away
    rows = as_rows(found, tree=tree)
    for row, more in zip(rows, beside, strict=False):  # nothing was answered: one empty row, and nothing beside it
        row |= more
    columns = [*found.question.by, "value", "low", "high", "n", *(beside[0] if beside else ())]
    if form == "json":
        body = {"measure": key, "unit": str(found.measure.unit), "as_of": str(found.as_of), "rows": rows}
        click.echo(json.dumps(body, ensure_ascii=False))
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print_table(key, columns, rows)


def _by_design(question: "Question", cluster: str) -> "tuple[Answer, list[dict[str, Any]]]":
    """The figures with intervals that allow for clusters; beside each how many times less its answers tell for that."""
    from zhiyin.metrics.allowing import ask_by_design  # noqa: PLC0415

    found = ask_by_design(question, cluster=cluster)
    designs = [found.designs.get(figure.key) for figure in found.answer.figures]
    return found.answer, [{"effect": one.effect if one else None} for one in designs]


def _weighed(
    question: "Question", across: str, people: str, tree: "OrganisationTree"
) -> "tuple[Answer, list[dict[str, Any]]]":
    """The figures as if every group had answered alike; beside each the plain one, what the weights cost, and the
    groups in which nobody answered."""
    from zhiyin.metrics.allowing import ask_weighed  # noqa: PLC0415
    from zhiyin.metrics.asking import as_rows  # noqa: PLC0415
    from zhiyin.metrics.engine import ask  # noqa: PLC0415
    from zhiyin.metrics.language import Figure  # noqa: PLC0415

    question = replace(question, by=tuple(name for name in question.by if name != across))
    plain = ask(question)
    found = ask_weighed(question, across=across, population=people)
    figures, beside = [], []
    for key, one in found.items():
        result = one.result
        n = sum(group.answered for group in one.heard)
        adjusted = (result.adjusted.value, result.adjusted.low, result.adjusted.high) if result else (None, None, None)
        figures.append(Figure(key, n, *adjusted))
        nobody = [Figure((group,), 0, None, None, None) for group in one.unheard]
        silent = replace(plain, question=replace(question, by=(across,)), figures=nobody)
        beside.append(
            {
                "raw": result.raw if result else None,
                "effect": result.weighted.effect if result else None,
                "unheard": " ".join(str(row[across]) for row in as_rows(silent, tree=tree)),
            }
        )
    return replace(plain, figures=figures), beside


def _tell_about(key: str) -> None:
    """The entry of the catalogue: definition, formula, interval, minimum n, source, dimensions."""
    from zhiyin.metrics.asking import definition  # noqa: PLC0415  (Django must be set up first)
    from zhiyin.metrics.engine import measures  # noqa: PLC0415

    measure = measures().get(key)
    if measure is None:
        raise BadInput(f"There is no measure {key!r}. Use one of: {', '.join(sorted(measures()))}.")
    click.echo(json.dumps(definition(measure), ensure_ascii=False, indent=2))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"--where {text}: write DIMENSION=VALUE.")
    return name.strip(), value.strip()


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _print_table(key: str, columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415  (only tables need it)
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=key)
    figures = ("value", "low", "high", "raw", "effect")
    for name in columns:
        table.add_column(name, justify="right" if name in (*figures, "n") else "left")
    for row in rows:
        table.add_row(*(_shown(row.get(name), is_figure=name in figures) for name in columns))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _shown(value: Any, *, is_figure: bool) -> str:
    if not is_figure:
        return str(value)
    return "—" if value is None else f"{value:.6g}"
