"""The marketplace's places in the navigation and the palette."""

from automatos.places import NavEntry, PaletteEntry, Places

PLACES = Places(
    nav=(NavEntry("Extend", 10, "Marketplace", "store", "marketplace/"),),
    pages=(PaletteEntry("Plugins in the marketplace", "blocks", "marketplace/?kind=plugin"),),
)
