import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('workspaces', '0011_audit_heads'),
    ]

    operations = [
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('workspace', 'The workspace'), ('recipe', 'A recipe'), ('agent', 'An agent'), ('run', 'A run')], max_length=10)),
                ('scope_id', models.UUIDField()),
                ('period', models.CharField(choices=[('run', 'A run'), ('day', 'A day'), ('month', 'A month')], max_length=5)),
                ('limit', models.DecimalField(decimal_places=6, help_text='US dollars.', max_digits=14)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'budgets',
            },
        ),
        migrations.CreateModel(
            name='ModelUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(choices=[('trial', 'Trials of models'), ('proposal', 'Proposals for agents'), ('embedding', 'Embedding texts'), ('scan', 'Scans of plugins'), ('judge', 'Judging answers')], max_length=10)),
                ('model', models.CharField(max_length=200)),
                ('calls', models.IntegerField(default=0)),
                ('input_tokens', models.BigIntegerField(default=0)),
                ('output_tokens', models.BigIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                ('is_estimated', models.BooleanField(default=False)),
                ('workspace', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'model_usage',
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('run_id', models.UUIDField(null=True)),
                ('step_id', models.UUIDField(null=True)),
                ('spend', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('amount', models.DecimalField(decimal_places=8, max_digits=14)),
                ('expires_at', models.DateTimeField()),
                ('workspace', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'reservations',
            },
        ),
        migrations.CreateModel(
            name='Spend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window', models.CharField(db_column='period', max_length=36)),
                ('reserved', models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                ('spent', models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                ('budget', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='spend', to='workspaces.budget')),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'spend',
            },
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.UniqueConstraint(fields=('workspace', 'scope', 'scope_id', 'period'), name='one_budget_per_scope_and_period'),
        ),
        migrations.AddConstraint(
            model_name='modelusage',
            constraint=models.UniqueConstraint(fields=('workspace', 'day', 'kind', 'model'), name='one_model_usage_per_day', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['step_id'], name='reservations_of_step'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['run_id'], name='reservations_of_run'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['expires_at'], name='reservations_expired'),
        ),
        migrations.AddConstraint(
            model_name='spend',
            constraint=models.UniqueConstraint(fields=('budget', 'window'), name='one_spend_per_budget_and_period'),
        ),
        protect("budgets"),
        protect("spend", references={"budget_id": "budgets"}),
        protect("reservations"),
        protect("model_usage"),
    ]
