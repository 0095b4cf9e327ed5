"""Addresses of credentials."""

from django.urls import URLPattern, URLResolver, path

from workspaces.credentials import api as rest
from workspaces.credentials import views

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = [
    path("settings/credentials/", views.index, name="workspace_credentials"),
    path("settings/credentials/new/", views.choose, name="credential_types"),
    path("settings/credentials/new/<slug:kind>/", views.new, name="credential_new"),
    path("settings/credentials/<uuid:credential_id>/", views.edit, name="credential_edit"),
    path("settings/credentials/<uuid:credential_id>/test/", views.test, name="credential_test"),
    path("settings/credentials/<uuid:credential_id>/delete/", views.delete, name="credential_delete"),
    path("settings/credentials/<uuid:credential_id>/restore/", views.restore, name="credential_restore"),
]
# Under /api/.
api: list[URLPattern | URLResolver] = [
    path("credential-types", rest.CredentialTypeList.as_view(), name="api_credential_types"),
    path("credentials", rest.CredentialList.as_view(), name="api_credentials"),
    path("credentials/<uuid:credential_id>", rest.CredentialDetail.as_view(), name="api_credential"),
    path("credentials/<uuid:credential_id>/test", rest.CredentialTest.as_view(), name="api_credential_test"),
    path("credentials/<uuid:credential_id>/restore", rest.CredentialRestore.as_view(), name="api_credential_restore"),
]
