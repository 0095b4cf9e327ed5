from django.db import migrations

from automatos.row_security import also_refers


class Migration(migrations.Migration):

    dependencies = [("workspaces", "0007_approval_policy")]

    operations = [also_refers("api_keys", "replaces_id", "api_keys")]
