import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import also_refers, protect


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0015_experiences'),
        ('recipes', '0030_priority_indexes'),
        ('workspaces', '0011_audit_heads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Workflow',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=160)),
                ('goal', models.TextField()),
                ('description', models.TextField(blank=True)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('archived', 'Archived')], default='draft', max_length=10)),
                ('agent_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None)),
                ('stages', models.JSONField(blank=True, default=dict)),
                ('max_cost', models.DecimalField(decimal_places=4, max_digits=10, null=True)),
                ('total_timeout', models.FloatField(default=1800)),
                ('plan', models.JSONField(null=True)),
                ('plan_run_id', models.UUIDField(null=True)),
                ('plan_version', models.PositiveIntegerField(default=0)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lead', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='agents.agent')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='workflows', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'workflows',
                'indexes': [models.Index(fields=['workspace', '-updated_at'], name='workflows_newest')],
            },
        ),
        migrations.AddField(
            model_name='execution',
            name='workflow',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='executions', to='recipes.workflow'),
        ),
        protect("workflows", references={"lead_id": "agents"}),
        also_refers("recipe_executions", "workflow_id", "workflows"),
    ]
