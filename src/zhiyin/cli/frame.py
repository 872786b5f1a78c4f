"""What every command needs: Django set up late, one line for a mistake, the right exit code."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import wraps
from typing import Any

import click


class BadInput(click.ClickException):
    """Bad usage, input or configuration: one line on standard error, exit code 2."""

    exit_code = 2


class WorkFailed(click.ClickException):
    """The work failed, or a check found something: exit code 1."""

    exit_code = 1


def set_up(*, make_keys: bool = False) -> None:
    """Make Django ready. ``make_keys``: ``serve``, ``init`` and ``demo`` make the secrets of a fresh data folder."""
    from zhiyin.config import environment  # noqa: PLC0415  (late, so that `zhiyin --help` is instant)

    try:
        read = environment.read(make_keys=make_keys)
        # Customers' words stand in it in clear: for nobody but the owner.
        read.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except environment.BadConfiguration as bad:
        raise BadInput(str(bad)) from bad
    except OSError as bad:
        raise BadInput(f"ZHIYIN_DATA_DIR: {bad.strerror}: {bad.filename}") from bad
    for notice in read.notices:
        click.echo(notice, err=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
    import django  # noqa: PLC0415

    django.setup()


def needs_django(command: Callable[..., Any]) -> Callable[..., Any]:
    """For commands that look at the record."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        set_up()
        with database_faults():
            return command(*args, **kwargs)

    return run


def changes_record(command: Callable[..., Any]) -> Callable[..., Any]:
    """For commands that change it: what they told the ledger is sealed before they end, worker or no worker."""
    return _sealing(command, make_keys=False)


def founds_record(command: Callable[..., Any]) -> Callable[..., Any]:
    """For the command that begins it: like ``serve`` it makes the secrets of a fresh data folder."""
    return _sealing(command, make_keys=True)


def _sealing(command: Callable[..., Any], *, make_keys: bool) -> Callable[..., Any]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        set_up(make_keys=make_keys)
        with database_faults():
            try:
                return command(*args, **kwargs)
            finally:
                _seal()

    return run


def _seal() -> None:
    from django.db import DatabaseError  # noqa: PLC0415  (Django must be set up first)

    from zhiyin.ledger import chain  # noqa: PLC0415

    with suppress(DatabaseError):  # the command's own fault is the one to tell; what was written is sealed next time
        chain.seal_all()


@contextmanager
def database_faults() -> Iterator[None]:
    """A database that is away, refuses us or has other tables is one line too."""
    from django.db import InterfaceError, OperationalError, ProgrammingError  # noqa: PLC0415

    try:
        yield
    except (OperationalError, InterfaceError, ProgrammingError) as broken:
        why = one_line(broken)
        if "no such table" in why or "does not exist" in why and isinstance(broken, ProgrammingError):
            raise BadInput("The database has not the tables of this version. Run: zhiyin migrate") from broken
        if "disk" in why and "full" in why:
            raise WorkFailed(f"The disk is full: {why}") from broken
        raise BadInput(f"ZHIYIN_DATABASE_URL: the database does not answer: {why}") from broken


def one_line(broken: BaseException) -> str:
    """The first line of what went wrong, never a password."""
    return next((line.strip() for line in str(broken).splitlines() if line.strip()), type(broken).__name__)


def now() -> datetime:
    """The clock. Everything below takes it as an argument."""
    from django.utils import timezone  # noqa: PLC0415

    return timezone.now()


def on_terminal() -> bool:
    """Progress is for people; a pipe gets none."""
    return sys.stderr.isatty()
