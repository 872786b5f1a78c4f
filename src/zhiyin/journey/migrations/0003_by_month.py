"""Interactions by month on PostgreSQL (docs/decisions/0002 and 0015)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from zhiyin.ledger.months import HotTable
from zhiyin.ledger.partitioning import by_month


def cut(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    by_month(editor, HotTable("journey_interaction"), key=("id", "customer_id"))


class Migration(migrations.Migration):
    dependencies = [("journey", "0002_stage_has_a_definition")]

    operations = [migrations.RunPython(cut, migrations.RunPython.noop)]
