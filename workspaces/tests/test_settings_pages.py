"""The settings of a workspace: their navigation, and who may go where."""

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
