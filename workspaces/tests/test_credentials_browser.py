"""The credentials' pages in a real browser: both themes and widths, and a test that runs in a real worker."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from automatos.testing import Stack
from automatos.tests.browser import People, Visitor
from workspaces.credentials import services as credentials
from workspaces.credentials.types import seed_credential_types
from workspaces.models import Credential, User, Workspace
from workspaces.tests.credential_kit import SECRET

pytestmark = pytest.mark.browser


class Settings:
    """An owner at the credentials of their workspace."""

    def __init__(self, people: People) -> None:
        seed_credential_types()
        self.owner: Visitor
        self.workspace: Workspace
        self.owner, self.workspace = people.owner(f"Ines {uuid4().hex[:6]}")
        self.home = f"/w/{self.workspace.slug}/settings/credentials/"

    def keep(self, name: str = "Our OpenAI key") -> Credential:
        user = User.objects.get(memberships__workspace=self.workspace)
        return credentials.create(
            workspace=self.workspace, user=user, type_slug="openai", name=name, fields={"api_key": SECRET}
        )


@pytest.fixture
def settings_page(people: People) -> Settings:
    return Settings(people)


@pytest.mark.parametrize("path", ["", "new/", "new/bearer_token/", "new/postgresql/"])
def test_credential_pages_are_clean_in_both_themes_and_widths(settings_page: Settings, path: str) -> None:
    settings_page.owner.check(f"{settings_page.home}{path}")


def test_a_kept_one_and_its_pages_are_clean(settings_page: Settings) -> None:
    kept, gone = settings_page.keep(), settings_page.keep("Of last year")
    credentials.delete(workspace_id=gone.workspace_id, credential_id=gone.pk)
    for path in ("", f"{kept.pk}/", f"{kept.pk}/delete/"):
        settings_page.owner.check(f"{settings_page.home}{path}")


def test_a_key_is_added_and_tested_without_leaving_the_page(settings_page: Settings, stack: Stack) -> None:
    page = settings_page.owner.open(f"{settings_page.home}new/openai/")
    page.get_by_label("Name").fill("Mine")
    page.get_by_label("API key").fill(SECRET)
    page.get_by_role("button", name="Seal and save").click()
    expect(page.get_by_text("Not tested")).to_be_visible()
    page.get_by_role("button", name="Test Mine").click()
    expect(page.get_by_text("OpenAI accepts it.")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Works", exact=True)).to_be_visible()
    assert SECRET not in page.content()


def test_a_refused_form_is_clean(settings_page: Settings) -> None:
    def send(page: object) -> None:
        page.get_by_role("button", name="Seal and save").click()  # type: ignore[attr-defined]

    settings_page.owner.check(f"{settings_page.home}new/s3/", send)
