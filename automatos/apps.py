"""App registration: template tags and commands of the project itself, and which static files are served."""

from typing import ClassVar

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class AutomatosConfig(AppConfig):
    name = "automatos"
    default = True


class StaticConfig(StaticFilesConfig):
    """Serves what a page loads; static/css holds the sources of app.min.css and stays behind."""

    ignore_patterns: ClassVar[list[str]] = [*StaticFilesConfig.ignore_patterns, "css/*"]
