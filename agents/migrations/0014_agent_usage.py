import django.db.models.deletion
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0013_list_conversations'),
        ('workspaces', '0012_budgets'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgentUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('shard', models.SmallIntegerField(default=0)),
                ('runs', models.IntegerField(default=0)),
                ('completed', models.IntegerField(default=0)),
                ('failed', models.IntegerField(default=0)),
                ('input_tokens', models.BigIntegerField(default=0)),
                ('output_tokens', models.BigIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                ('duration_ms', models.BigIntegerField(default=0, help_text='Of its completed steps together.')),
                ('is_estimated', models.BooleanField(default=False)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('agent', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='usage', to='agents.agent')),
                ('workspace', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'agent_usage',
                'constraints': [models.UniqueConstraint(fields=('agent', 'day', 'shard'), name='one_agent_usage_per_day_and_shard')],
            },
        ),
        protect("agent_usage", references={"agent_id": "agents"}),
    ]
