from django.db import migrations

from automatos.row_security import OF_OWN_WORKSPACES, PERSON, create_roles, protect


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_identity")]

    operations = [
        create_roles(),
        protect("workspaces", column="id", seen=f"id IN {OF_OWN_WORKSPACES}"),
        protect("workspace_members", seen=f"user_id = {PERSON}"),
        protect("workspace_slugs", seen=f"workspace_id IN {OF_OWN_WORKSPACES}"),
        protect("invitations"),
        protect("api_keys"),
        protect("idempotent_requests"),
        protect("credentials"),
        protect("audit_log", append_only=True),
        protect("audit_heads"),
    ]
