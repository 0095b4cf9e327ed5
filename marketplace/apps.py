"""App registration."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    default_auto_field = "django.db.models.BigAutoField"
    tool_sources = (
        "marketplace.context.source.PluginTools",
        "marketplace.context.installed.InstalledAgents",
        "marketplace.hooks.source.HookSource",
    )
