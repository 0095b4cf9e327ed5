"""App registration: template tags and commands of the project itself, and which static files are served."""

from allauth.usersessions.apps import UserSessionsConfig as LibrarySessionsConfig
from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

# Imported so that a task queued by the web process or a command knows the broker.
import automatos.celery

# Imported so that its checks are registered.
import automatos.deploy_checks  # noqa: F401


class AutomatosConfig(AppConfig):
    name = "automatos"
    default = True


class AdminConfig(SimpleAdminConfig):
    """Django's admin on our own site."""

    default = False
    default_site = "automatos.admin_site.ModerationSite"

    def ready(self) -> None:
        """Find each app's admin.py."""
        super().ready()
        autodiscover()


class UserSessionsConfig(LibrarySessionsConfig):  # type: ignore[misc]  # the library has no types
    """The table of a person's sessions alone: the library would note browsers' keys, we note their hashes."""

    default = False

    def ready(self) -> None:
        """Nothing listens to signing in; workspaces/accounts/session_activity.py is called."""


class StaticConfig(StaticFilesConfig):
    """Serves what a page loads; static/css holds the sources of the built style sheets and stays behind."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "css/*"]
