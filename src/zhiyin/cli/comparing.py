"""``zhiyin simulate`` before and after: two policies over the same events, with the figures of the screen."""

import os
import zoneinfo
from collections.abc import Sequence
from typing import Any

import click

from zhiyin.cli.frame import BadInput, needs_django, now


@needs_django
def compared(*, events: bytes | None, days: int, policy: str, against: str | None, zone: zoneinfo.ZoneInfo) -> None:
    """Print what changes from ``against`` (None: the policy in force) to ``policy``. Touches no record.

    ``events`` None: the record's interactions of the last ``days``.
    """
    from dataclasses import replace  # noqa: PLC0415

    from django.utils import translation  # noqa: PLC0415  (Django must be set up first)

    from zhiyin.outreach.past import from_file, from_record  # noqa: PLC0415
    from zhiyin.outreach.queries import policy_text  # noqa: PLC0415
    from zhiyin.outreach.rehearsing import rehearse_both  # noqa: PLC0415
    from zhiyin.outreach.rules import parse_policy  # noqa: PLC0415
    from zhiyin.outreach.simulate.columns import ColumnMissing  # noqa: PLC0415
    from zhiyin.outreach.simulate.faults import EventsInvalid  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415

    language = os.environ.get("ZHIYIN_LANGUAGE", "en")
    by, moment = replace(Viewer.system("cli"), language=language), now()
    after = parse_policy(policy)
    before = parse_policy(policy_text() if against is None else against, is_new=False)
    with translation.override(language):
        try:
            if events is None:
                past = from_record(days=days, policies=(before, after), by=by, now=moment)
            else:
                past = from_file(events)
            found = rehearse_both(past, before=before, after=after, by=by, now=moment, tz=zone)
        except EventsInvalid as invalid:
            raise BadInput(invalid.line(language)) from invalid
        except ColumnMissing as missing:
            raise BadInput(
                f"A policy counts or chooses by {missing.column}, and the events do not tell it."
            ) from missing
        _print(found)


def _print(found: Any) -> None:
    told = {"events": found.events, "left_out": found.left_out, "flagged": found.flagged, "earlier": found.long_ago}
    click.echo(" ".join(f"{name}={count}" for name, count in (told | {"counted": found.counted}).items()))
    for title, pairs in (("totals", found.headline), ("held back", found.reasons), ("times asked", found.times)):
        _table(title, [(pair.label, pair.before, pair.after) for pair in pairs])
    _table(f"sent by {found.cells_by}", [(f"{one.name} ({one.events})", one.before, one.after) for one in found.cells])
    known = [one for one in found.cells if one.half_before is not None and one.half_after is not None]
    _table("top box known to ±", [(one.name, one.half_before, one.half_after) for one in known])
    _table("asked most", [(one.name, "", one.times) for one in found.most_asked])
    click.echo(f"gained={found.gained} lost={found.lost}")


def _table(title: str, rows: Sequence[tuple[str, Any, Any]]) -> None:
    """Label, before and after, with tabs between them, so that it pastes into a sheet."""
    if rows:
        click.echo(f"{title}\tbefore\tafter")
        for label, before, after in rows:
            click.echo(f"{label}\t{_figure(before)}\t{_figure(after)}")


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) and value < 1000 else f"{value:.0f}" if value != "" else ""
