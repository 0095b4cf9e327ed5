"""Addresses of credentials."""

from django.urls import URLPattern, URLResolver, path

from workspaces import api_credentials as rest

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = []
# Under /api/.
api: list[URLPattern | URLResolver] = [
    path("credential-types", rest.CredentialTypeList.as_view(), name="api_credential_types"),
    path("credentials", rest.CredentialList.as_view(), name="api_credentials"),
    path("credentials/<uuid:credential_id>", rest.CredentialDetail.as_view(), name="api_credential"),
    path("credentials/<uuid:credential_id>/test", rest.CredentialTest.as_view(), name="api_credential_test"),
    path("credentials/<uuid:credential_id>/restore", rest.CredentialRestore.as_view(), name="api_credential_restore"),
]
