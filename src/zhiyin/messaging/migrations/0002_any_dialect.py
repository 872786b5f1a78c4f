"""Which kinds of channel there are is the list of dialects in the code, not a constraint of the table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [migrations.RemoveConstraint(model_name="channel", name="channel_kind_is_known")]
