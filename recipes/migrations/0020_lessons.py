import django.db.models.deletion
import django.utils.timezone
import pgvector.django.vector
import uuid
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('recipes', '0019_estimates'),
        ('workspaces', '0010_server_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Lesson',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('agent_id', models.UUIDField(null=True)),
                ('text', models.TextField()),
                ('source', models.CharField(choices=[('run', 'A run'), ('person', 'A person')], default='run', max_length=10)),
                ('key', models.CharField(blank=True, max_length=120)),
                ('seen', models.PositiveIntegerField(default=1)),
                ('origins', models.JSONField(default=list)),
                ('is_pinned', models.BooleanField(default=False)),
                ('is_edited', models.BooleanField(default=False)),
                ('embedding_model', models.CharField(blank=True, max_length=120)),
                ('embedding', pgvector.django.vector.VectorField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('forgotten_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('execution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recipes.execution')),
                ('recipe', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lessons', to='recipes.recipe')),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'db_table': 'lessons',
                'indexes': [models.Index(fields=['recipe', '-updated_at'], name='lessons_of_recipe'), models.Index(condition=models.Q(('agent_id__isnull', False), ('forgotten_at', None)), fields=['workspace', 'agent_id', '-updated_at'], name='lessons_of_agent'), models.Index(condition=models.Q(('embedding', None)), fields=['created_at'], name='lessons_to_embed')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('recipe', 'key'), name='one_lesson_of_a_rule')],
            },
        ),
        protect("lessons", references={"recipe_id": "recipes", "execution_id": "recipe_executions"}),
    ]
