"""The marketplace's places in the navigation and the palette."""

from automatos.places import NavEntry, PaletteEntry, Places

PLACES = Places(
    nav=(NavEntry("Extend", 10, "Marketplace", "store", "marketplace/"),),
    actions=(PaletteEntry("Submit a plugin", "upload", "marketplace/submissions/new/", "plugins:submit"),),
    pages=(
        PaletteEntry("Plugins in the marketplace", "blocks", "marketplace/?kind=plugin"),
        PaletteEntry("My plugins", "package", "marketplace/submissions/"),
        PaletteEntry("Shared by this workspace", "share-2", "marketplace/shared/"),
        PaletteEntry("Installed from the marketplace", "download", "marketplace/installed/"),
        PaletteEntry("Publisher and signing keys", "badge-check", "marketplace/publisher/"),
        PaletteEntry("Reports of plugins", "flag", "marketplace/reports/"),
    ),
)
