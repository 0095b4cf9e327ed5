import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0012_models_name_their_server'),
        ('recipes', '0015_list_conversations'),
        ('workspaces', '0010_server_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='RecipeFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('runs', models.PositiveIntegerField(default=0)),
                ('completed', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('cancelled', models.PositiveIntegerField(default=0)),
                ('quality_sum', models.FloatField(default=0)),
                ('quality_squares', models.FloatField(default=0)),
                ('duration_ms', models.PositiveBigIntegerField(default=0)),
                ('input_tokens', models.PositiveBigIntegerField(default=0)),
                ('output_tokens', models.PositiveBigIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=8, default=0, max_digits=16)),
                ('stars_sum', models.PositiveIntegerField(default=0)),
                ('stars_count', models.PositiveIntegerField(default=0)),
            ],
            options={
                'db_table': 'recipe_figures',
                'ordering': ('-version',),
            },
        ),
        migrations.CreateModel(
            name='RecipePattern',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=20)),
                ('severity', models.CharField(max_length=6)),
                ('step_id', models.CharField(blank=True, max_length=80)),
                ('step', models.PositiveIntegerField(null=True)),
                ('seen', models.PositiveIntegerField(default=0)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table': 'recipe_patterns',
            },
        ),
        migrations.CreateModel(
            name='RecipeSuggestion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('type', models.CharField(choices=[('prompt_rewrite', 'Rewrite the prompt'), ('model_upgrade', 'Use a stronger model'), ('tool_addition', 'Add a tool')], max_length=20)),
                ('priority', models.CharField(max_length=6)),
                ('because', models.CharField(max_length=20)),
                ('reason', models.CharField(max_length=300)),
                ('step_id', models.CharField(blank=True, max_length=80)),
                ('step', models.PositiveIntegerField(null=True)),
                ('seen', models.PositiveIntegerField(default=1)),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('dismissed', 'Dismissed')], default='open', max_length=10)),
                ('accepted_version', models.PositiveIntegerField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table': 'recipe_suggestions',
            },
        ),
        migrations.CreateModel(
            name='RunRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stars', models.PositiveSmallIntegerField(null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                ('thumb', models.SmallIntegerField(help_text='1 up, -1 down.', null=True)),
                ('comment', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'run_ratings',
            },
        ),
        migrations.CreateModel(
            name='StepFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step_id', models.CharField(max_length=80)),
                ('agent_id', models.UUIDField()),
                ('agent_name', models.CharField(max_length=120)),
                ('name', models.CharField(blank=True, max_length=160)),
                ('order', models.PositiveIntegerField()),
                ('runs', models.PositiveIntegerField(default=0)),
                ('completed', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('retries', models.PositiveIntegerField(default=0)),
                ('duration_ms', models.PositiveBigIntegerField(default=0)),
                ('input_tokens', models.PositiveBigIntegerField(default=0)),
                ('output_tokens', models.PositiveBigIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=8, default=0, max_digits=16)),
                ('errors', models.JSONField(default=dict)),
            ],
            options={
                'db_table': 'recipe_step_figures',
                'ordering': ('order', 'agent_name'),
            },
        ),
        migrations.AddField(
            model_name='execution',
            name='assessed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='execution',
            name='learning',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='execution',
            name='quality',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='execution',
            name='quality_score',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='recipefigures',
            name='recipe',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='recipes.recipe'),
        ),
        migrations.AddField(
            model_name='recipefigures',
            name='workspace',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace'),
        ),
        migrations.AddField(
            model_name='recipepattern',
            name='last_run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recipes.execution'),
        ),
        migrations.AddField(
            model_name='recipepattern',
            name='recipe',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='patterns', to='recipes.recipe'),
        ),
        migrations.AddField(
            model_name='recipepattern',
            name='workspace',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace'),
        ),
        migrations.AddField(
            model_name='recipesuggestion',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recipesuggestion',
            name='last_run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recipes.execution'),
        ),
        migrations.AddField(
            model_name='recipesuggestion',
            name='recipe',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='recipes.recipe'),
        ),
        migrations.AddField(
            model_name='recipesuggestion',
            name='workspace',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace'),
        ),
        migrations.AddField(
            model_name='runrating',
            name='execution',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='ratings', to='recipes.execution'),
        ),
        migrations.AddField(
            model_name='runrating',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='runrating',
            name='workspace',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace'),
        ),
        migrations.AddField(
            model_name='stepfigures',
            name='recipe',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='step_figures', to='recipes.recipe'),
        ),
        migrations.AddField(
            model_name='stepfigures',
            name='workspace',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace'),
        ),
        migrations.AddConstraint(
            model_name='recipefigures',
            constraint=models.UniqueConstraint(fields=('recipe', 'version'), name='one_row_of_figures_per_version'),
        ),
        migrations.AddConstraint(
            model_name='recipepattern',
            constraint=models.UniqueConstraint(fields=('recipe', 'type', 'step_id'), name='one_row_per_pattern'),
        ),
        migrations.AddIndex(
            model_name='recipesuggestion',
            index=models.Index(fields=['recipe', '-updated_at'], name='suggestions_of_recipe'),
        ),
        migrations.AddConstraint(
            model_name='recipesuggestion',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'accepted'), _negated=True), fields=('recipe', 'type', 'step_id'), name='one_suggestion_of_a_kind_per_step'),
        ),
        migrations.AddConstraint(
            model_name='runrating',
            constraint=models.UniqueConstraint(fields=('execution', 'user'), name='one_rating_per_member'),
        ),
        migrations.AddConstraint(
            model_name='runrating',
            constraint=models.CheckConstraint(condition=models.Q(('stars', None), ('stars__range', (1, 5)), _connector='OR'), name='one_to_five_stars'),
        ),
        migrations.AddConstraint(
            model_name='runrating',
            constraint=models.CheckConstraint(condition=models.Q(('thumb', None), ('thumb__in', (-1, 1)), _connector='OR'), name='thumb_up_or_down'),
        ),
        migrations.AddConstraint(
            model_name='stepfigures',
            constraint=models.UniqueConstraint(fields=('recipe', 'step_id', 'agent_id'), name='one_row_of_figures_per_step'),
        ),
        protect("recipe_figures", references={"recipe_id": "recipes"}),
        protect("recipe_step_figures", references={"recipe_id": "recipes"}),
        protect("recipe_patterns", references={"recipe_id": "recipes", "last_run_id": "recipe_executions"}),
        protect("recipe_suggestions", references={"recipe_id": "recipes", "last_run_id": "recipe_executions"}),
        protect("run_ratings", references={"execution_id": "recipe_executions"}),
    ]
