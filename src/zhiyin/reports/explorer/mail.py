"""One reader's mail: each question as a table and as a file, in their language, within their units, at this moment."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from zhiyin.messaging.actions import Alert, Attachment
from zhiyin.people.access import Viewer
from zhiyin.reports.explorer import files, page
from zhiyin.reports.explorer.asked import asked_of
from zhiyin.reports.explorer.sheet import Cell, Sheet
from zhiyin.ui import numerals

LINES = 30  # of one table in the mail itself
MOST_BYTES = 2_000_000  # of the files of one mail; what goes beyond is named and linked


@dataclass(frozen=True)
class Subject:
    """A view or a dashboard: its name, and (name, query) of each question."""

    name: str
    asked: tuple[tuple[str, str], ...]
    is_dashboard: bool
    id: int


@dataclass(frozen=True)
class Part:
    """One question in the mail, as written cells."""

    name: str
    title: str
    url: str
    said: str
    headings: list[str]
    rows: list[list[str]]
    left_out: int
    problem: str = ""


def alert_for(subject: Subject, *, schedule_id: int, reader: Viewer, now: datetime) -> Alert:
    """The mail, ready to queue."""
    with translation.override(reader.language):
        today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
        parts, attached, size = [], [], 0
        for place, (name, query) in enumerate(subject.asked, 1):
            part, sheet = _part(name, query, reader=reader, today=today)
            parts.append(part)
            text = "".join(files.lines_of(sheet)) if sheet else ""
            size += len(text.encode())
            if sheet and size <= MOST_BYTES:
                attached.append(Attachment(f"{place:02d}_{files.file_name(sheet)}", "csv", text))
        address = f"explorer:{'dashboard' if subject.is_dashboard else 'view'}"
        context = {
            "name": subject.name,
            "parts": parts,
            "url": _absolute(reverse(address, args=(subject.id,))),
            "stop_url": _absolute(reverse("explorer:schedule", args=(schedule_id,))),
            "day": today.isoformat(),
        }
        return Alert(
            staff_id=reader.staff_id or 0,
            subject=_("%(name)s, %(day)s") % {"name": subject.name, "day": today.isoformat()},
            text=render_to_string("reports/explorer/mail.txt", context).strip(),
            html=render_to_string("reports/explorer/mail.html", context).strip(),
            files=tuple(attached),
            unit_id=reader.unit_id or 0,
        )


def _part(name: str, query: str, *, reader: Viewer, today: object) -> tuple[Part, Sheet | None]:
    asking = asked_of(QueryDict(query), by=reader)
    url = _absolute(f"{reverse('explorer:explorer')}?{query}")
    if not asking.measure:
        gone = _("This measure is no longer there.")
        return Part(name, "", url, "", [], [], 0, gone), None
    shown = page.shown(asking, by=reader, today=today)  # type: ignore[arg-type]  # a date
    sheet = shown.sheet
    headings = [shown.row_word or _("Part")]
    if sheet.columns:
        headings += [label for _key, label in sheet.columns] + ["n"]
    else:
        headings += [shown.value_word, _("95% interval"), "n"]
    lines = sheet.lines[:LINES]
    rows = []
    for line in lines:
        cells = [*line.cells] if sheet.columns else [line.whole]
        written = [_written(cell, sheet) for cell in cells]
        if not sheet.columns:
            written.append(_interval(line.whole, sheet))
        rows.append([line.label, *written, numerals.plain(line.whole.n)])
    return Part(name, shown.title, url, _said(sheet), headings, rows, len(sheet.lines) - len(lines)), sheet


def _said(sheet: Sheet) -> str:
    """The whole in one sentence."""
    whole = sheet.whole
    unit = str(sheet.measure.unit)
    if whole.is_small:
        return _("%(measure)s: too few responses (n = %(n)s)") % {
            "measure": sheet.name,
            "n": numerals.plain(whole.n),
        }
    value = numerals.level(whole.value, unit=unit) + (numerals.scale_of(unit).level if whole.value is not None else "")
    return _("%(measure)s %(value)s, n = %(n)s, %(since)s to %(until)s") % {
        "measure": sheet.name,
        "value": value,
        "n": numerals.plain(whole.n),
        "since": sheet.period.since,
        "until": sheet.period.until,
    }


def _written(cell: Cell, sheet: Sheet) -> str:
    if cell.is_small:
        return _("too few responses")
    if not cell.n and not sheet.is_count:
        return numerals.UNKNOWN
    text = numerals.level(cell.value, unit=sheet.unit)
    return text if text == numerals.UNKNOWN else text + numerals.scale_of(sheet.unit).level


def _interval(cell: Cell, sheet: Sheet) -> str:
    if not cell.has_interval:
        return numerals.UNKNOWN
    return numerals.interval(cell.low, cell.high, unit=sheet.unit, language=translation.get_language() or "zh-hans")


def _absolute(path: str) -> str:
    return urljoin(settings.BASE_URL, path)
