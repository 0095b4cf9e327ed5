"""Redis: channels, the cache, and Celery's queue with its timetable."""

from automatos import env
from automatos.settings.folders import LOCAL

REDIS_URL = env.redis_url()
EMBEDDED_REDIS = not REDIS_URL
REDIS_URL = REDIS_URL or LOCAL.redis_url

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "automatos.channel_layer.ChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}], "prefix": "automatos"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "automatos",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "automatos"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 3, "socket_timeout": 30}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "recipes.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "run-schedules": {"task": "recipes.tasks.run_schedules", "schedule": 5.0, "options": {"expires": 5}},
    "follow-runs": {"task": "recipes.tasks.follow_runs", "schedule": 5.0, "options": {"expires": 5}},
    "tidy-triggers": {"task": "recipes.tasks.tidy_triggers", "schedule": 3600.0, "options": {"expires": 3600}},
    "assess-runs": {"task": "recipes.tasks.sweep_assessments", "schedule": 15.0, "options": {"expires": 15}},
    "sweep-evaluations": {"task": "recipes.tasks.sweep_evaluations", "schedule": 5.0, "options": {"expires": 5}},
    "judge-runs": {"task": "recipes.tasks.judge_runs", "schedule": 5.0, "options": {"expires": 5}},
    "embed-lessons": {"task": "recipes.tasks.embed_lessons", "schedule": 20.0, "options": {"expires": 20}},
    "sweep-retention": {"task": "recipes.tasks.sweep_retention", "schedule": 3600.0, "options": {"expires": 3600}},
    "note-lost-calls": {"task": "recipes.tasks.note_lost_calls", "schedule": 60.0, "options": {"expires": 60}},
    "purge-runs": {"task": "recipes.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-documents": {"task": "agents.tasks.sweep_documents", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-skills": {"task": "agents.tasks.sweep_skills", "schedule": 120.0, "options": {"expires": 120}},
    "sweep-imports": {"task": "marketplace.tasks.sweep_imports", "schedule": 30.0, "options": {"expires": 30}},
    "sweep-scans": {"task": "marketplace.tasks.sweep_scans", "schedule": 15.0, "options": {"expires": 15}},
    "rescan-approved": {"task": "marketplace.tasks.rescan_approved", "schedule": 120.0, "options": {"expires": 60}},
    "index-entries": {"task": "marketplace.tasks.index_entries", "schedule": 60.0, "options": {"expires": 60}},
    "purge-personas": {"task": "agents.tasks.purge_personas", "schedule": 3600.0, "options": {"expires": 3600}},
    "sync-apps": {"task": "tools.tasks.sync_catalogues", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
    "look-at-apps": {"task": "tools.tasks.look_at_connections", "schedule": 300.0, "options": {"expires": 300}},
    "sweep-apps": {"task": "tools.tasks.sweep_apps", "schedule": 60.0, "options": {"expires": 60}},
    "read-mcp-servers": {"task": "tools.tasks.read_mcp_servers", "schedule": 60.0, "options": {"expires": 60}},
    "purge-workspaces": {"task": "workspaces.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
}
