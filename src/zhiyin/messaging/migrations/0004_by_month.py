"""Messages by month on PostgreSQL, with a key that they can be distributed by (docs/decisions/0010)."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from zhiyin.ledger.months import HotTable
from zhiyin.ledger.partitioning import by_month

NOBODY = 0


def name_nobody(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("messaging", "Message").objects.filter(customer_id=None).update(customer_id=NOBODY)


def cut(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    by_month(editor, HotTable("messaging_message"), key=("id", "customer_id"))


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_inbox")]

    operations = [
        migrations.RemoveConstraint(model_name="message", name="message_is_for_somebody"),
        migrations.RunPython(name_nobody, migrations.RunPython.noop),
        migrations.AlterField(model_name="message", name="customer_id", field=models.BigIntegerField(default=NOBODY)),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer_id", NOBODY), _negated=True), ("staff_id__isnull", False), _connector="OR"
                ),
                name="message_is_for_somebody",
            ),
        ),
        migrations.RemoveIndex(model_name="message", name="message_by_channel"),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False)), fields=["via", "sent_at"], name="message_by_channel"
            ),
        ),
        migrations.RunPython(cut, migrations.RunPython.noop),
    ]
