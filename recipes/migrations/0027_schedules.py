import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('recipes', '0026_growth_indexes'),
        ('workspaces', '0011_audit_heads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='execution',
            name='chain',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='execution',
            name='trigger_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='execution',
            name='untrusted_inputs',
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name='execution',
            name='triggered_by',
            field=models.CharField(choices=[('page', 'the page'), ('api', 'the API'), ('command', 'the command line'), ('playground', 'the playground'), ('chat', 'the chat API'), ('schedule', 'a schedule'), ('webhook', 'a webhook'), ('form', 'a form'), ('recipe', 'another run'), ('app', 'an event of an app')], max_length=10),
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('cron', models.CharField(max_length=120)),
                ('time_zone', models.CharField(max_length=64)),
                ('missed_policy', models.CharField(choices=[('skip', 'Skip them'), ('run_once', 'Run once for all of them'), ('run_all', 'Run each of them')], default='skip', max_length=10)),
                ('input_data', models.JSONField(default=dict)),
                ('is_paused', models.BooleanField(default=False)),
                ('suspended', models.TextField(blank=True)),
                ('next_due_at', models.DateTimeField(null=True)),
                ('look_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recipe', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='recipes.recipe')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'schedules',
            },
        ),
        migrations.CreateModel(
            name='ScheduleTick',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('started', 'Started'), ('skipped', 'Skipped'), ('refused', 'Refused')], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('missed', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('execution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recipes.execution')),
                ('schedule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='recipes.schedule')),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'schedule_ticks',
            },
        ),
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at'], name='schedules_due'),
        ),
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(fields=['recipe', 'created_at'], name='schedules_of_recipe'),
        ),
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(fields=['workspace', 'next_due_at'], name='schedules_next'),
        ),
        migrations.AddConstraint(
            model_name='scheduletick',
            constraint=models.UniqueConstraint(fields=('schedule', 'due_at'), name='one_tick_a_moment'),
        ),
        protect("schedules", references={"recipe_id": "recipes"}),
        protect("schedule_ticks", references={"schedule_id": "schedules", "execution_id": "recipe_executions"}),
    ]
