"""The workspace's own places in the navigation."""

from automatos.places import NavEntry, Places

PLACES = Places(
    nav=(
        NavEntry("", 0, "Dashboard", "layout-dashboard", ""),
        NavEntry("Workspace", 90, "Settings", "settings-2", "settings/"),
    ),
)
