import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('recipes', '0036_approval_comments'),
        ('workspaces', '0011_audit_heads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecipeTrigger',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('webhook', 'Webhook'), ('form', 'Form'), ('recipe', 'End of a run'), ('app', 'Event of an app')], max_length=10)),
                ('name', models.CharField(max_length=120)),
                ('config', models.JSONField(default=dict)),
                ('input_map', models.JSONField(default=dict)),
                ('input_data', models.JSONField(default=dict)),
                ('per_minute', models.PositiveIntegerField(default=60)),
                ('is_paused', models.BooleanField(default=False)),
                ('secret', models.BinaryField(default=b'')),
                ('key_id', models.CharField(blank=True, max_length=40)),
                ('rotated_at', models.DateTimeField(null=True)),
                ('app_event_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('after_recipe', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='recipes.recipe')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recipe', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recipe_triggers', to='recipes.recipe')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recipe_triggers', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'recipe_triggers',
            },
        ),
        migrations.CreateModel(
            name='TriggerDelivery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dedupe_key', models.CharField(max_length=255)),
                ('body', models.JSONField(null=True)),
                ('outcome', models.CharField(choices=[('started', 'Started'), ('refused', 'Refused')], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('execution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recipes.execution')),
                ('replay_of_id', models.UUIDField(null=True)),
                ('trigger', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='recipes.recipetrigger')),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'trigger_deliveries',
            },
        ),
        migrations.AddIndex(
            model_name='recipetrigger',
            index=models.Index(fields=['recipe', 'created_at'], name='triggers_of_recipe'),
        ),
        migrations.AddIndex(
            model_name='recipetrigger',
            index=models.Index(fields=['workspace', 'created_at'], name='triggers_of_workspace'),
        ),
        migrations.AddIndex(
            model_name='recipetrigger',
            index=models.Index(condition=models.Q(('after_recipe__isnull', False)), fields=['after_recipe'], name='triggers_after_recipe'),
        ),
        migrations.AddIndex(
            model_name='recipetrigger',
            index=models.Index(condition=models.Q(('app_event_id__isnull', False)), fields=['app_event_id'], name='triggers_of_event'),
        ),
        migrations.AddIndex(
            model_name='triggerdelivery',
            index=models.Index(fields=['trigger', '-received_at'], name='deliveries_newest'),
        ),
        migrations.AddIndex(
            model_name='triggerdelivery',
            index=models.Index(fields=['received_at'], name='deliveries_to_purge'),
        ),
        migrations.AddConstraint(
            model_name='triggerdelivery',
            constraint=models.UniqueConstraint(fields=('trigger', 'dedupe_key'), name='one_delivery_a_key'),
        ),
        protect("recipe_triggers", references={"recipe_id": "recipes", "after_recipe_id": "recipes"}),
        protect("trigger_deliveries", references={"trigger_id": "recipe_triggers", "execution_id": "recipe_executions"}),
    ]
