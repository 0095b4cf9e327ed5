from django.db import migrations

# Conversations of the playground from before they were listed.
LIST = """
UPDATE conversations SET is_listed = true WHERE NOT is_listed AND EXISTS (
    SELECT FROM recipe_executions e WHERE e.conversation_id = conversations.id AND e.triggered_by = 'playground'
)
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0013_list_conversations"), ("recipes", "0014_pins")]

    operations = [migrations.RunSQL(LIST, migrations.RunSQL.noop)]
