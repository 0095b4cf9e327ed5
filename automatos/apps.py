"""App registration: template tags and commands of the project itself, and which static files are served."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

# Imported so that a task queued by the web process or a command knows the broker.
import automatos.celery  # noqa: F401


class AutomatosConfig(AppConfig):
    name = "automatos"
    default = True


class StaticConfig(StaticFilesConfig):
    """Serves what a page loads; static/css holds the sources of app.min.css and stays behind."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "css/*"]
