"""The Celery application. Tasks carry ids only; PostgreSQL is the truth, so a lost or doubled message is harmless."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")

app = Celery("automatos")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
