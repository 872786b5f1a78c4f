"""Decisions and invitations by month on PostgreSQL, with a key that they can be distributed by (docs/decisions/0010)."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from zhiyin.ledger.months import HotTable
from zhiyin.ledger.partitioning import by_month

NOBODY = 0


def name_nobody(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("outreach", "Invitation").objects.filter(customer_id=None).update(customer_id=NOBODY)


def cut(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    by_month(editor, HotTable("outreach_decision", "interaction_id"), key=("interaction_id", "customer_id"))
    by_month(editor, HotTable("outreach_invitation"), key=("id", "customer_id"))


class Migration(migrations.Migration):
    dependencies = [("outreach", "0002_invitation_by_case")]

    operations = [
        migrations.RemoveIndex(model_name="decision", name="decision_by_customer"),
        migrations.RemoveField(model_name="decision", name="id"),
        migrations.AlterField(
            model_name="decision",
            name="interaction_id",
            field=models.BigIntegerField(primary_key=True, serialize=False),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["customer_id", "interaction_id"], name="decision_by_customer"),
        ),
        migrations.AddField(model_name="decision", name="rule", field=models.CharField(default="", max_length=40)),
        migrations.AddField(model_name="decision", name="facts", field=models.JSONField(default=dict)),
        migrations.RemoveConstraint(model_name="invitation", name="invitation_has_somebody"),
        migrations.RunPython(name_nobody, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="invitation", name="customer_id", field=models.BigIntegerField(default=NOBODY)
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer_id", NOBODY), _negated=True), ("staff_id__isnull", False), _connector="OR"
                ),
                name="invitation_has_somebody",
            ),
        ),
        migrations.AlterField(
            model_name="invitation", name="token_hash", field=models.BinaryField(max_length=32, null=True)
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("token_hash__isnull", False)), fields=["token_hash"], name="invitation_by_token"
            ),
        ),
        migrations.RunPython(cut, migrations.RunPython.noop),
    ]
