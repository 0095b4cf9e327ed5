from django.db import migrations

from automatos.row_security import also_refers


class Migration(migrations.Migration):

    dependencies = [("recipes", "0007_what_was_read"), ("agents", "0007_conversation_deleted")]

    operations = [also_refers("recipe_executions", "conversation_id", "conversations")]
