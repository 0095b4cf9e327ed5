"""PostgreSQL: the roles' logins, and the pool each process holds."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from automatos import env
from automatos.database_roles import APP_ROLE
from automatos.settings.folders import LOCAL

DATABASE_URL = env.database_url()
EMBEDDED_DATABASE = not DATABASE_URL


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "automatos.postgres",
        "NAME": unquote(parts.path.lstrip("/")) or "automatos",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or (parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {
            # Lets the engine's statements be prepared; Django's own never are.
            "prepare_threshold": 5,
            "pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 12, low=1, high=500), "timeout": 20},
            **query,
        },
    }


def app_database() -> dict[str, Any]:
    """The database as every process sees it: under a role that owns no table and bypasses no policy."""
    found = _database(DATABASE_URL or LOCAL.app_database_url)
    options = found["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c role={APP_ROLE}".strip()
    return found


# "owner" owns the tables: only `migrate` uses it.
OWNER_URL = env.url("DATABASE_OWNER_URL", schemes=("postgres", "postgresql"))
DATABASES = {
    "default": app_database(),
    "owner": _database(OWNER_URL or DATABASE_URL or LOCAL.database_url),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
