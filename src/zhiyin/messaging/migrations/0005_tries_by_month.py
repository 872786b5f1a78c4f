"""Tries and receipts by month on PostgreSQL, by the message that they are about (docs/decisions/0010)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from zhiyin.ledger.months import HotTable
from zhiyin.ledger.partitioning import by_month


def number(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Numbers from a sequence of its own: before PostgreSQL 17 a table by months cannot have an identity column."""
    sequence = f"{table}_number"
    with editor.connection.cursor() as cursor:
        cursor.execute(f'SELECT COALESCE(max("id"), 0) + 1 FROM "{table}"')
        cursor.execute(f'CREATE SEQUENCE "{sequence}" START WITH {int(cursor.fetchone()[0])}')
        cursor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "id" DROP IDENTITY IF EXISTS')
        cursor.execute(f"""ALTER TABLE "{table}" ALTER COLUMN "id" SET DEFAULT nextval('"{sequence}"')""")


def cut(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor != "postgresql":
        return
    number(editor, "messaging_attempt")
    number(editor, "messaging_deliveryreport")
    by_month(editor, HotTable("messaging_attempt", "message_id"), key=("message_id", "fencing"))
    by_month(editor, HotTable("messaging_deliveryreport", "message_id"), key=("message_id", "digest"))


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_by_month")]

    operations = [migrations.RunPython(cut, migrations.RunPython.noop)]
