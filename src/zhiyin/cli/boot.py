"""Before a half of the product starts: does the database answer, has it this version's tables, does the key fit?"""

import time

from zhiyin.cli.frame import BadInput, one_line

PATIENCE = 60.0  # seconds that a database may take to come up beside us (C35)
# How PostgreSQL says no for good: waiting mends none of these.
REFUSED = ("password authentication failed", "no pg_hba.conf entry", "role ", "database ")


def ready_to_start(*, patience: float = PATIENCE) -> None:
    """Raise BadInput with the step that is missing."""
    wait_for_database(patience=patience)
    if waiting := waiting_migrations():
        raise BadInput(f"The database is {waiting} migrations behind this version. Run: zhiyin migrate")
    refuse_newer_tables()
    refuse_other_keys()


def wait_for_database(*, patience: float = PATIENCE) -> None:
    """Return when the database answers. Raises BadInput when it refuses us, or when patience is at its end."""
    from django.db import OperationalError, connection  # noqa: PLC0415  (Django must be set up first)

    deadline = time.monotonic() + patience
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as broken:
            why = one_line(broken)
            if time.monotonic() > deadline or any(f"FATAL:  {words}" in why for words in REFUSED):
                raise BadInput(f"ZHIYIN_DATABASE_URL: the database does not let us in: {why}") from broken
            time.sleep(min(1.0, patience))


def refuse_newer_tables() -> None:
    """Raise BadInput when a newer version has been here: ours would not understand its tables (C40)."""
    if newer := newer_migrations():
        raise BadInput(f"The database was brought to a newer version ({newer[0]}). Install that version, or restore.")


def waiting_migrations() -> int:
    """How many steps lie between the tables and this program."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def newer_migrations() -> list[str]:
    """Steps of our own rooms that the database has taken and this program does not know."""
    from django.apps import apps  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    loader = MigrationLoader(connection)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("zhiyin.")}
    known = loader.graph.nodes
    taken = loader.applied_migrations
    return sorted(f"{room}.{name}" for room, name in taken if room in ours and (room, name) not in known)


def refuse_other_keys() -> None:
    """Raise BadInput when what is stored was sealed with keys that are not here: else every customer would come back
    as a stranger (C24)."""
    from zhiyin.lib.crypto import Unreadable  # noqa: PLC0415
    from zhiyin.people.queries import look_into_the_vault  # noqa: PLC0415

    try:
        look_into_the_vault()
    except Unreadable as unreadable:
        raise BadInput(f"ZHIYIN_DATA_KEY: it does not open what is stored: {unreadable}.") from unreadable
