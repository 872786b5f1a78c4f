"""What the pages of figures share: the desk that an address names, the form around it, a table as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhiyin.lib.errors import NotFound
from zhiyin.lib.tables.writing import Cell, csv_text
from zhiyin.metrics import mirror
from zhiyin.people.queries import units_of
from zhiyin.people.roles import Permission
from zhiyin.people.views import viewer
from zhiyin.reports.figures import Desk
from zhiyin.ui.period import CHOICES, period_of

FILTERS = ("touchpoint", "segment", "brand", "unit")


def desk_of(request: HttpRequest, *, now: datetime, filters: Sequence[str] = FILTERS) -> Desk:
    """The viewer's desk with the period and filters of the address. Raises NotFound for a unit they do not see."""
    by = viewer(request)
    unit = request.GET.get("unit", "")
    if unit and unit not in {one.code for one in units_of(by=by)}:
        raise NotFound
    where = tuple((key, value[:60]) for key in filters if (value := request.GET.get(key, "")) and value.isprintable())
    return Desk(by, period_of(request.GET, today=timezone.localtime(now).date()), where)


def seen_desk(request: HttpRequest, *, now: datetime, filters: Sequence[str] = FILTERS) -> Desk:
    """The same for who may see figures. Raises NotAllowed."""
    viewer(request).require(Permission.SEE_FIGURES)
    return desk_of(request, now=now, filters=filters)


def frame(desk: Desk, *, now: datetime, **kept: str) -> dict[str, object]:
    """The form with period and unit, and how fresh everything is. ``kept`` stays in the form's address."""
    return {
        "desk": desk,
        "choices": CHOICES,
        "units": units_of(by=desk.by),
        "where": dict(desk.where),
        "kept": [
            *((key, value) for key, value in desk.where if key != "unit"),
            *((key, value) for key, value in kept.items() if value),
        ],
        "as_of": mirror.manifest().as_of,
        "now": now,
    }


@dataclass(frozen=True)
class Table:
    """What a card shows, as plain cells: numbers in their own scale, so that a spreadsheet can go on with them."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def download(request: HttpRequest, tables: Mapping[str, Table]) -> HttpResponse | None:
    """The table that ``csv`` in the address names, as a file; None where it names none."""
    table = tables.get(request.GET.get("csv", ""))
    if table is None:
        return None
    answer = HttpResponse(csv_text(table.headings, table.rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return answer
