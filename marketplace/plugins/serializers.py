"""How plugins, versions, scans and what belongs to them look at the API."""

from typing import Any

from rest_framework import serializers

from marketplace.models import (
    Action,
    Entry,
    ModelState,
    PluginImport,
    PluginNotice,
    PluginReport,
    PluginScan,
    PluginVersion,
    Verdict,
    VersionStatus,
)


class CategoryOut(serializers.Serializer[Any]):
    """What a plugin is for."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()


class PluginPublisherOut(serializers.Serializer[Any]):
    """Who publishes a plugin."""

    slug = serializers.CharField()
    name = serializers.CharField()
    is_verified = serializers.BooleanField(help_text="The moderators know who this is.")
    is_system = serializers.BooleanField(help_text="The project itself.")


class PluginOut(serializers.Serializer[Any]):
    """A plugin that can be had."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    publisher = PluginPublisherOut()
    category = serializers.CharField(source="category.slug", default="", help_text="Empty without one.")
    tags = serializers.ListField(child=serializers.CharField())
    is_featured = serializers.BooleanField()
    is_system = serializers.BooleanField()
    installs = serializers.IntegerField()
    current_version_id = serializers.UUIDField(allow_null=True)
    updated_at = serializers.DateTimeField()


class ContentsOut(serializers.Serializer[Any]):
    """How many parts of each kind a package has."""

    skills = serializers.IntegerField(default=0)
    commands = serializers.IntegerField(default=0)
    agents = serializers.IntegerField(default=0)
    hooks = serializers.IntegerField(default=0)
    mcp_servers = serializers.IntegerField(default=0)
    tools = serializers.IntegerField(default=0)


class ListedPluginOut(serializers.Serializer[Entry]):
    """A plugin in the list, with what tells whether to trust it."""

    id = serializers.UUIDField(source="object_id")
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    publisher = PluginPublisherOut()
    is_signed = serializers.BooleanField(help_text="By a key of its publisher.")
    category = serializers.CharField(help_text="Empty without one.")
    tags = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField(help_text="The newest approved one.")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    decided_at = serializers.DateTimeField(allow_null=True, help_text="When it was approved.")
    contents = ContentsOut(source="counts")
    reach = serializers.ListField(child=serializers.CharField(), help_text="Kinds of things it asks for.")
    hosts = serializers.ListField(child=serializers.CharField())
    token_estimate = serializers.IntegerField()
    installs = serializers.IntegerField()
    rating = serializers.FloatField(help_text="Mean of its stars, 1 to 5; 0 without any.")
    rating_count = serializers.IntegerField()
    is_featured = serializers.BooleanField()
    is_system = serializers.BooleanField()
    changed_at = serializers.DateTimeField()


class PackagePermissionOut(serializers.Serializer[Any]):
    """One thing the package asks for."""

    kind = serializers.CharField()
    value = serializers.CharField()
    path = serializers.CharField(help_text="Where it says so.")


class PackageWarningOut(serializers.Serializer[Any]):
    """What is not as it should be and was taken all the same."""

    code = serializers.CharField()
    entry = serializers.CharField()
    sentence = serializers.CharField()


class PluginVersionOut(serializers.Serializer[Any]):
    """One version. sha256: over all its files. A verdict of `unscanned` means that the scan is under way."""

    id = serializers.UUIDField()
    plugin_id = serializers.UUIDField()
    slug = serializers.CharField(source="plugin.slug")
    name = serializers.CharField(source="plugin.name")
    version = serializers.CharField()
    sha256 = serializers.CharField()
    layout = serializers.CharField()
    contents = ContentsOut()
    permissions = PackagePermissionOut(many=True)
    warnings = PackageWarningOut(many=True)
    size = serializers.IntegerField(help_text="Bytes of all files.")
    file_count = serializers.IntegerField()
    token_estimate = serializers.IntegerField()
    status = serializers.ChoiceField(choices=VersionStatus.choices)
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    static_score = serializers.FloatField(allow_null=True, help_text="0 to 100, by the rules.")
    risk_score = serializers.IntegerField(allow_null=True, help_text="0 to 100, by the model; null if unread.")
    is_signed = serializers.SerializerMethodField()
    key_changed = serializers.BooleanField(help_text="Not signed as the version approved before it was.")
    submitted_at = serializers.DateTimeField()
    reviewed_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="What was decided last, in the moderator's words.")

    def get_is_signed(self, version: PluginVersion) -> bool:
        """By a key of its publisher that is not revoked."""
        return version.signed_by is not None and version.signed_by.revoked_at is None


class RefusalOut(serializers.Serializer[Any]):
    """Why a package was not taken."""

    code = serializers.CharField()
    entry = serializers.CharField(help_text="What is to blame; empty for the whole.")
    sentence = serializers.CharField()


class PluginImportOut(serializers.Serializer[PluginImport]):
    """A repository whose packages are taken in. error: why it failed, or which of its packages were not taken."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    ref = serializers.CharField()
    commit = serializers.CharField(help_text="What was fetched; empty until then.")
    state = serializers.ChoiceField(choices=PluginImport.State.choices)
    error = serializers.CharField()
    entry = serializers.CharField(help_text="The file a refusal is about.")
    version_ids = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class SubmittedOut(PluginVersionOut):
    """A version that was submitted. others: further plugins of the same archive; refusals: those not taken."""

    is_new = serializers.BooleanField(help_text="False when these very bytes had been submitted before.")
    others = PluginVersionOut(many=True)
    refusals = RefusalOut(many=True)


class PluginFileOut(serializers.Serializer[Any]):
    """A file of a version."""

    path = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    is_text = serializers.BooleanField()
    executable = serializers.BooleanField()


class FileTextOut(PluginFileOut):
    """A file with its text."""

    text = serializers.CharField(allow_null=True, help_text="Null for what is no text.")


class ChainStepOut(serializers.Serializer[Any]):
    """One step of how it goes."""

    file = serializers.CharField()
    line = serializers.IntegerField()
    what = serializers.CharField()


class FindingOut(serializers.Serializer[Any]):
    """One thing the rules or the model found. line: from 1; 0 when it is the whole file."""

    key = serializers.CharField(help_text="Names it within the report, for answers.")
    by = serializers.CharField(help_text="rules or model")
    rule = serializers.CharField()
    kind = serializers.CharField()
    severity = serializers.CharField()
    title = serializers.CharField()
    points = serializers.FloatField()
    file = serializers.CharField()
    line = serializers.IntegerField()
    quote = serializers.CharField(help_text="Invisible characters as U+XXXX, secrets masked.")
    decoded = serializers.CharField(help_text="What it reads as when it was hidden.")
    chain = ChainStepOut(many=True)
    declared = serializers.BooleanField(help_text="The package says that it does this.")
    why = serializers.CharField()
    cure = serializers.CharField()


class ScanOut(serializers.Serializer[PluginScan]):
    """One scan. done and total count the parts the model reads."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=PluginScan.State.choices)
    stage = serializers.ChoiceField(choices=PluginScan.Stage.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    trigger = serializers.ChoiceField(choices=PluginScan.Trigger.choices)
    rules_version = serializers.CharField()
    model = serializers.CharField()
    model_state = serializers.ChoiceField(choices=ModelState.choices)
    model_note = serializers.CharField(help_text="Why no model has read it.")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reasons = serializers.ListField(child=serializers.CharField())
    static_score = serializers.FloatField(allow_null=True)
    risk_score = serializers.IntegerField(allow_null=True)
    findings = FindingOut(many=True)
    cost = serializers.DecimalField(max_digits=12, decimal_places=6, help_text="US dollars.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reused_from = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class DecisionOut(serializers.Serializer[Any]):
    """One decision about a version."""

    action = serializers.ChoiceField(choices=Action.choices)
    person_name = serializers.CharField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class AnswerOut(serializers.Serializer[Any]):
    """What the author says to a finding; sent_at null: moderators do not see it yet."""

    finding = serializers.CharField()
    text = serializers.CharField()
    updated_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class ReportOut(serializers.Serializer[PluginReport]):
    """What somebody reported about a plugin."""

    id = serializers.UUIDField()
    plugin_id = serializers.UUIDField()
    slug = serializers.CharField(source="plugin.slug")
    kind = serializers.ChoiceField(choices=PluginReport.Kind.choices)
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=PluginReport.State.choices)
    resolution = serializers.CharField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class NoticeOut(serializers.Serializer[Any]):
    """What a workspace is told: a version it had was taken away."""

    id = serializers.UUIDField()
    plugin_id = serializers.UUIDField()
    plugin_name = serializers.CharField()
    version = serializers.CharField()
    kind = serializers.ChoiceField(choices=PluginNotice.Kind.choices)
    reason = serializers.CharField()
    agent_ids = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()
