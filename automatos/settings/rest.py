"""The REST API: who is let in, what it speaks, and the schema it describes itself by."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "workspaces.doors.auth.ApiKeyAuthentication",
        "workspaces.clerk.authentication.ClerkAuthentication",
        "workspaces.doors.auth.SessionAuthentication",
        "workspaces.doors.open_access.OpenAccessAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["automatos.api.JsonParser"],
    "EXCEPTION_HANDLER": "automatos.api.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Automatos AI",
    "DESCRIPTION": "Agents, recipes, and the kitchen they cook in.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Named, so that an operation elsewhere does not change the names of all others.
    "SCHEMA_PATH_PREFIX": "/api",
    "ENUM_NAME_OVERRIDES": {
        "InvitationState": "workspaces.members.invitation_states.State",
        "Role": "workspaces.models.Role",
        "WorkspaceKind": "workspaces.models.Workspace.Kind",
        "WorkspacePlan": "workspaces.models.Workspace.Plan",
        "AgentStatus": "agents.models.AgentStatus",
        "ExecutionStatus": "recipes.models.ExecutionStatus",
        "StepStatus": "recipes.models.StepStatus",
        "PluginVersionStatus": "marketplace.models.VersionStatus",
        "PluginVerdict": "marketplace.models.Verdict",
        "PluginAction": "marketplace.models.Action",
        "PluginModelState": "marketplace.models.ModelState",
        "PluginScanState": "marketplace.models.PluginScan.State",
        "PluginReportState": "marketplace.models.PluginReport.State",
        "PluginReportKind": "marketplace.models.PluginReport.Kind",
        "PluginImportState": "marketplace.models.PluginImport.State",
        "PluginNoticeKind": "marketplace.models.PluginNotice.Kind",
    },
}
