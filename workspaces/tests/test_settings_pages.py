"""The settings of a workspace: their navigation, and who may go where."""

import re

import pytest
from django.test import Client

from workspaces.models import Role
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


def browser(company: Company, role: Role) -> Client:
    client = Client()
    client.force_login(company.people[role])
    return client


def test_the_settings_are_in_the_navigation_and_mark_where_one_is() -> None:
    company = Company()
    home = f"/w/{company.workspace.slug}"
    text = browser(company, Role.VIEWER).get(f"{home}/settings/").content.decode()
    assert text.count(f'<a href="{home}/settings/" aria-current="page">') == 2


def test_a_place_that_takes_a_higher_role_is_shown_with_it_and_leads_nowhere() -> None:
    company = Company()
    home = f"/w/{company.workspace.slug}/settings/"
    pages = {role: browser(company, role).get(home).content.decode() for role in Role}
    assert "Needs the role Editor" in pages[Role.VIEWER]
    assert f'href="{home}credentials/"' not in pages[Role.VIEWER]
    assert "Needs the role" not in pages[Role.ADMIN] + pages[Role.OWNER]
    for page in pages.values():
        assert all(browser(company, Role.OWNER).get(link).status_code == 200 for link in links(page, home))


def links(page: str, under: str) -> set[str]:
    """The addresses of the settings that a page leads to."""
    return set(re.findall(rf'href="({under}[a-z-]*/?)"', page))


def test_the_palette_offers_only_what_one_may_open() -> None:
    company = Company()
    pages = {role: browser(company, role).get(f"/w/{company.workspace.slug}/").content.decode() for role in Role}
    assert "Settings: Credentials" not in pages[Role.VIEWER]
    assert "Settings: Credentials" in pages[Role.ADMIN]
    assert all("Settings: Members" in page for page in pages.values())
