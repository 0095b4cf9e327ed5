"""The pages of websites and of what is added, in a real browser: both themes and widths, axe, words without a blank."""

from uuid import uuid4

import pytest

from agents.models import Document, DocumentSite
from automatos.tests.browser import People

pytestmark = pytest.mark.browser


def test_the_pages_of_websites_and_documents_are_sound(people: People) -> None:
    owner, workspace = people.owner(f"Ines {uuid4().hex[:6]}")
    below = "https://example.org/docs/"
    site = DocumentSite.objects.create(workspace=workspace, url=below + "x" * 200, below=below, most_pages=50)
    document = Document.objects.create(
        workspace=workspace, title="T" * 180, kind="paste", media_type="text/plain", size=3, status="ready"
    )
    pages = ("", "new/", f"sites/{site.pk}/", f"sites/{site.pk}/delete/", f"{document.pk}/")
    for page in (*(f"knowledge/{one}" for one in pages), "skills/new/"):
        owner.check(f"/w/{workspace.slug}/{page}")
