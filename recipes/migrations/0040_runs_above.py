from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recipes', '0039_questions_of_servers'),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='execution',
            name='above',
            field=models.JSONField(null=True),
        ),
    ]
