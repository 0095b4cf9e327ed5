from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspaces', '0013_hashed_sessions'),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='workspace',
            name='keep_runs_days',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
