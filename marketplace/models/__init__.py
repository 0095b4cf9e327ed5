"""The tables of the marketplace: who publishes, what was submitted, found in it and decided, and who has it."""

from marketplace.models.blocked import BlockedHash, SetAside
from marketplace.models.entries import Entry
from marketplace.models.imports import PluginImport
from marketplace.models.listings import InstalledListing, Listing, ListingReview, ListingVersion
from marketplace.models.moderation import Action, PluginAnswer, PluginDecision, PluginNotice, PluginReport
from marketplace.models.plugins import (
    Plugin,
    PluginCategory,
    PluginFile,
    PluginVersion,
    Verdict,
    VersionStatus,
)
from marketplace.models.publishers import Publisher, PublisherKey
from marketplace.models.scans import ModelState, PluginScan, PluginScanCall
from marketplace.models.use import AssignedPlugin, EnabledPlugin, PluginAgent, PluginReview

__all__ = [
    "Action",
    "AssignedPlugin",
    "BlockedHash",
    "EnabledPlugin",
    "Entry",
    "InstalledListing",
    "Listing",
    "ListingReview",
    "ListingVersion",
    "ModelState",
    "Plugin",
    "PluginAgent",
    "PluginAnswer",
    "PluginCategory",
    "PluginDecision",
    "PluginFile",
    "PluginImport",
    "PluginNotice",
    "PluginReport",
    "PluginReview",
    "PluginScan",
    "PluginScanCall",
    "PluginVersion",
    "Publisher",
    "PublisherKey",
    "SetAside",
    "Verdict",
    "VersionStatus",
]
