"""Credentials opened: which row a sealed value belongs to, and the header an HTTP credential becomes."""

import base64

from automatos.errors import InvalidInput
from workspaces.credential_fields import is_bound_to
from workspaces.credential_types import HTTP_TYPES
from workspaces.models import Credential
from workspaces.sealing import Place, unseal


def place_of(credential: Credential) -> Place:
    """What its sealed value is bound to."""
    return Place(credential.workspace_id, credential.pk, credential.type_id)


def http_headers(credential: Credential, url: str) -> dict[str, str]:
    """The header it adds to a request of this URL; InvalidInput when it is not bound to the URL's host."""
    if credential.type_id not in HTTP_TYPES:
        raise InvalidInput(f"{credential.name} is not a credential for HTTP requests.")
    if not is_bound_to(credential.values.get("hosts", ""), url):
        raise InvalidInput(
            f"{credential.name} is not sent to this host. Add the host to the credential, or use another."
        )
    opened = unseal(credential.secret, credential.key_id, place_of(credential))
    if credential.type_id == "http_header":
        return {credential.values["header"]: opened["value"]}
    if credential.type_id == "bearer_token":
        return {"Authorization": f"Bearer {opened['token']}"}
    login = f"{credential.values['username']}:{opened['password']}"
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
