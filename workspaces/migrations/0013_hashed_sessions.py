from django.db import migrations

# As workspaces/accounts/session_store.py hashes them, so nobody is signed out. There is no way back but signing in.
HASHED = (
    "UPDATE {} SET session_key = 'h.' || left(translate(encode(sha256(convert_to(session_key, 'UTF8')), 'base64'), "
    "'+/', '-_'), 38) WHERE session_key NOT LIKE 'h.%'"
)
TABLES = ("django_session", "usersessions_usersession")


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0012_budgets"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL([HASHED.format(table) for table in TABLES], [f"DELETE FROM {table}" for table in TABLES])
    ]
