"""``/measures``: the same numbers as ``zhiyin measure`` and the screens, through the one catalogue."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from zhiyin.lib.clean import Query, fault
from zhiyin.lib.sampling import Design
from zhiyin.lib.text import pick
from zhiyin.metrics.allowing import ask_by_design
from zhiyin.metrics.asking import Asked, answer_to, as_rows, definition, question_of
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Answer, UnknownName
from zhiyin.metrics.times import CALENDAR, unknown_years
from zhiyin.people.access import Viewer
from zhiyin.people.api_auth import viewer
from zhiyin.people.roles import Permission
from zhiyin.people.tree import OrganisationTree
from zhiyin.reports import openapi
from zhiyin.ui.api_frame import Problem, answer, clean_query

router = Router(tags=["measures"])


@router.get(
    "/measures",
    summary="Every measure with its definition and the dimensions that cut it",
    openapi_extra=openapi.GET_MEASURES,
)
def get_measures(request: HttpRequest) -> HttpResponse:
    viewer(request).require(Permission.SEE_FIGURES)
    clean_query(request, Query({}))
    items = [definition(one) for one in measures().values()]
    return answer({"items": items, "next": None})


@router.get(
    "/measures/{key}",
    summary="One measure, by dimensions, with n and interval",
    openapi_extra=openapi.GET_MEASURE,
)
def get_measure(request: HttpRequest, key: str) -> HttpResponse:
    """``by=touchpoint,week``, ``where=unit=SD-05`` (several are allowed), ``from`` and ``to`` as days.

    ``cluster=staff`` allows for answers about one agent being alike: the intervals are wider, and ``effect`` says how
    many times less such answers tell than independent ones.
    """
    by = viewer(request)
    by.require(Permission.SEE_FIGURES)
    if key not in measures():
        raise Problem(404, "unknown_measure")
    given = clean_query(request, openapi.MEASURE)
    asked = Asked(
        measure=key,
        by=tuple(name.strip() for name in (given["by"] or "").split(",") if name.strip()),
        where=tuple(_pair(text) for text in given["where"] or []),
        since=_day(given["from"]),
        until=_day(given["to"]),
    )
    tree = OrganisationTree()
    try:
        found, designs = _found(asked, given["cluster"] or "", by=by, tree=tree)
    except UnknownName as unknown:
        place = "cluster" if unknown.name == given["cluster"] else "by" if unknown.name in asked.by else "where"
        raise Problem(
            400,
            f"unknown_{unknown.kind}",
            str(unknown),
            faults=[fault("choice", field=place, choices=", ".join(unknown.near))],
        ) from unknown
    body: dict[str, Any] = {
        "measure": key,
        "unit": str(found.measure.unit),
        "definition": pick(found.measure.definition, "en"),
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "rows": as_rows(found, tree=tree),
    }
    if found.left_out:
        body["left_out"] = found.left_out
    if years := _unknown_years(asked):
        body["unknown_years"] = years
    for row, design in zip(body["rows"], designs, strict=False):  # nothing answered: one empty row, and no design
        row["effect"] = design.effect if design else None
    return answer(body)


def _unknown_years(asked: Asked) -> list[int]:
    """Where the Chinese calendar cuts or filters: the years whose holidays nobody has told us."""
    if CALENDAR not in (*asked.by, *(key for key, _value in asked.where)) or asked.since is None:
        return []
    return list(unknown_years(asked.since, asked.until or timezone.localdate()))


def _found(asked: Asked, cluster: str, *, by: Viewer, tree: OrganisationTree) -> tuple[Answer, Sequence[Design | None]]:
    """The answer; where it allows for clusters, the design behind each of its figures."""
    if not cluster:
        return answer_to(asked, by=by, tree=tree), ()
    found = ask_by_design(question_of(asked, by=by, tree=tree), cluster=cluster)
    return found.answer, [found.designs.get(figure.key) for figure in found.answer.figures]


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Problem(400, "where_invalid", "Write where=dimension=value.")
    return name.strip(), value.strip()


def _day(value: datetime | date | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value
