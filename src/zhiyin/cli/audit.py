"""``audit verify`` and ``check``: is what is here still what was written?"""

from datetime import date, timedelta

import click

from zhiyin.cli.boot import refuse_newer_tables, refuse_other_keys, waiting_migrations
from zhiyin.cli.frame import WorkFailed, needs_django, now

SOON = timedelta(days=31)


@click.group("audit")
def audit_command() -> None:
    """The ledger's tamper evidence."""


@audit_command.command("verify")
@needs_django
def verify() -> None:
    """Walk the whole chain. Exit 1 and the first bad row if anything was edited, deleted, inserted, swapped or cut."""
    from zhiyin.ledger import chain  # noqa: PLC0415  (Django must be set up first)

    verdict = chain.verify()
    click.echo(f"rows={verdict.rows} pending={verdict.pending} last_seal={verdict.last_seal}")
    if not verdict.is_sound:
        raise WorkFailed(f"audit: {verdict.fault}")


@click.command("check")
@needs_django
def check_command() -> None:
    """Settings, database, migrations and ledger. Prints one line each; exit 1 when one of them is not sound."""
    from django.core.checks import run_checks  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from zhiyin.ledger import chain  # noqa: PLC0415

    faults = [str(fault) for fault in run_checks() if fault.level >= 40]
    refuse_newer_tables()
    waiting = waiting_migrations()
    if waiting:
        faults.append(f"{waiting} migrations wait: run `zhiyin migrate`.")
    click.echo(f"settings ok, database {connection.vendor}, migrations waiting: {waiting}")
    click.echo(_holidays(now().date()))
    if not waiting:
        refuse_other_keys()
        verdict = chain.verify()
        click.echo(f"ledger rows={verdict.rows} {'sound' if verdict.is_sound else verdict.fault}")
        if not verdict.is_sound:
            faults.append(f"ledger: {verdict.fault}")
    if faults:
        raise WorkFailed("; ".join(faults))


def _holidays(today: date) -> str:
    """The years whose holidays this version knows, with a warning a month before they end. Clocks and figures go on
    without them, so it is no fault."""
    from zhiyin.lib.holidays import chinese_holidays  # noqa: PLC0415
    from zhiyin.metrics.times import unknown_years  # noqa: PLC0415

    known = sorted(chinese_holidays().years or ())
    said = f"holidays known {known[0]}-{known[-1]}"
    if missing := unknown_years(today, today + SOON):
        years = ", ".join(map(str, missing))
        said += (
            f". WARNING: those of {years} are not known: working clocks count them as workdays, figures by calendar as "
            "unknown. Install a newer version of Zhiyin."
        )
    return said
