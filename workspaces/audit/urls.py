"""Addresses of the audit log."""

from django.urls import URLPattern, URLResolver, path

from workspaces.audit import api as api_audit
from workspaces.audit import views

_HERE = "workspaces/<uuid:workspace_id>/audit"

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = [
    path("settings/audit/", views.audit_log, name="workspace_audit"),
    path("settings/audit/export/", views.audit_export, name="workspace_audit_export"),
]
api: list[URLPattern | URLResolver] = [
    path(_HERE, api_audit.AuditList.as_view(), name="api_audit"),
    path(f"{_HERE}/export", api_audit.AuditExport.as_view(), name="api_audit_export"),
    path(f"{_HERE}/verify", api_audit.AuditVerify.as_view(), name="api_audit_verify"),
]
