"""The Celery application. Tasks carry ids only; PostgreSQL is the truth, so a lost or doubled message is harmless."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")

app = Celery("automatos")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Tasks wait for networks, not for the processor: a long fetch of skills must not hold up somebody's test of a model.
app.conf.update(worker_concurrency=8, worker_prefetch_multiplier=1)
app.autodiscover_tasks()
