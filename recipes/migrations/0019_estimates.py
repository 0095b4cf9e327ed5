from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns with constant defaults: no table is read or written anew."""

    dependencies = [("recipes", "0018_journal_hashes")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        *(
            migrations.AddField(
                model_name=name, name="is_estimated", field=models.BooleanField(db_default=False, default=False)
            )
            for name in ("call", "execution", "executionstep")
        ),
    ]
