from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0021_skill_places'),
    ]

    operations = [
        migrations.AddField(
            model_name='documentsite',
            name='asked_url',
            field=models.CharField(db_default='', help_text='What somebody wrote; it may lead to `url`.', max_length=2000),
        ),
        migrations.AddField(
            model_name='documentsite',
            name='next_page_at',
            field=models.DateTimeField(help_text='When its robots.txt lets the next page be asked for.', null=True),
        ),
        migrations.AlterField(
            model_name='documentsite',
            name='left_out',
            field=models.JSONField(default=dict, help_text='Marks of the addresses that were not taken, by the reason.'),
        ),
    ]
