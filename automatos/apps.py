"""App registration: templates tags and commands of the project itself."""

from django.apps import AppConfig


class AutomatosConfig(AppConfig):
    name = "automatos"
