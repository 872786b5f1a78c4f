from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outreach", "0003_by_month")]

    operations = [
        migrations.CreateModel(
            name="GroupContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=80)),
                ("message_id", models.BigIntegerField()),
                ("customer_id", models.BigIntegerField()),
                ("invitation_id", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "key", "message_id"), name="message_counts_once_for_a_group"
                    )
                ],
            },
        ),
    ]
