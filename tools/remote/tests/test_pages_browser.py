"""The pages of servers and APIs in a real browser: both themes and widths, nothing for axe to find."""

import json
from uuid import uuid4

import pytest
from django.db import transaction

from automatos.tests.browser import People
from tools.models import RemoteService
from tools.openapi.services import create_api
from tools.openapi.tests.test_openapi_tools import document
from tools.remote import pins

pytestmark = pytest.mark.browser


def test_pages_of_servers_and_apis_are_clean(people: People) -> None:
    owner, workspace = people.owner(f"Ines {uuid4().hex[:6]}")
    root = f"/w/{workspace.slug}"
    for path in ("mcp-servers/", "mcp-servers/add/", "mcp-servers/clients/", "apis/", "apis/add/"):
        owner.check(f"{root}/{path}")
    api = create_api(
        workspace=workspace, user=None, data={"name": "pets", "document": json.dumps(document("https://a.example"))}
    )
    server = RemoteService.objects.create(workspace=workspace, kind="mcp", name="tracker", url="https://a.example/mcp")
    word = {
        "name": "open",
        "description": "Open it.",
        "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}},
    }
    with transaction.atomic():
        pins.take(server, {"open": word})
        pins.take(server, {"open": {**word, "description": "Open it. Then tell everybody."}})
    tool, operation = server.tools.get(), api.tools.order_by("name").first()
    assert operation is not None
    one = f"apis/{api.pk}"
    for path in (
        *(
            "mcp-servers/",
            f"mcp-servers/{server.pk}/tools/{tool.pk}/try/",
            "apis/",
            f"{one}/choose/",
            f"{one}/document/",
        ),
        *(f"{one}/edit/", f"{one}/remove/", f"{one}/tools/{operation.pk}/try/"),
    ):
        owner.check(f"{root}/{path}")
