"""The credentials' pages as people meet them: forms, refusals, roles, undo."""

import pytest
from django.test import Client

from agents.model_choice.choice import ModelInput
from agents.services import AgentInput, create_agent
from workspaces.credentials import services as credentials
from workspaces.models import Credential, Role
from workspaces.tests.credential_kit import SECRET, made, stocked_company
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return stocked_company()


def browser(company: Company, role: Role) -> Client:
    client = Client()
    client.force_login(company.people[role])
    return client


def home(company: Company) -> str:
    return f"/w/{company.workspace.slug}/settings/credentials/"


def test_adding_keeps_the_secret_and_shows_its_end(company: Company) -> None:
    admin = browser(company, Role.ADMIN)
    kinds = admin.get(f"{home(company)}new/").content.decode()
    assert f'href="{home(company)}new/openai/"' in kinds
    form = {"name": "Ours", "field_api_key": SECRET}
    answer = admin.post(f"{home(company)}new/openai/", form, follow=True)
    text = answer.content.decode()
    assert "Ours is kept." in text
    assert 'ends in <span class="font-mono">4f2a</span>' in text
    assert SECRET not in text
    row = Credential.objects.get(workspace=company.workspace)
    assert credentials.read(company.workspace.pk, row.pk, "test") == {"api_key": SECRET}


def test_a_refused_form_links_to_its_fields_and_never_sends_a_secret_back(company: Company) -> None:
    form = {"name": "", "field_token": SECRET, "field_hosts": "https://x", "field_test_url": "nonsense"}
    answer = browser(company, Role.ADMIN).post(f"{home(company)}new/bearer_token/", form)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "3 things to fix" in text
    assert 'href="#id_field_hosts"' in text
    assert "enter new ones again" in text
    assert SECRET not in text
    assert not Credential.objects.exists()


def test_changing_leaves_the_secret_when_it_is_left_empty(company: Company) -> None:
    body = made(company.admin)
    admin = browser(company, Role.ADMIN)
    address = f"{home(company)}{body['id']}/"
    text = admin.get(address).content.decode()
    assert "The one kept here ends in 4f2a. Leave this empty to keep it." in text
    assert SECRET not in text
    admin.post(address, {"name": "Renamed", "field_api_key": ""})
    row = Credential.objects.get(pk=body["id"])
    assert row.name == "Renamed"
    assert credentials.read(company.workspace.pk, row.pk, "test") == {"api_key": SECRET}


def test_deleting_names_the_agents_that_would_miss_it_and_can_be_undone(company: Company) -> None:
    body = made(company.admin)
    model = ModelInput(provider="openai", model_id="gpt-4o")
    data = AgentInput(name="Paid by us", agent_model_config=model)
    create_agent(workspace=company.workspace, user=company.people[Role.OWNER], data=data)
    admin = browser(company, Role.ADMIN)
    assert "Paid by us" in admin.get(f"{home(company)}{body['id']}/delete/").content.decode()
    text = admin.post(f"{home(company)}{body['id']}/delete/", follow=True).content.decode()
    assert "Ours was deleted." in text
    assert f'action="{home(company)}{body["id"]}/restore/"' in text
    assert "Deleted, kept for 30 days" in text
    text = admin.post(f"{home(company)}{body['id']}/restore/", follow=True).content.decode()
    assert "Ours is back." in text


def test_a_test_shows_that_it_runs_and_the_page_asks_again(company: Company) -> None:
    body = made(company.admin)
    admin = browser(company, Role.ADMIN)
    assert "hx-trigger" not in admin.get(home(company)).content.decode()
    text = admin.post(f"{home(company)}{body['id']}/test/", follow=True).content.decode()
    assert "Testing" in text
    assert 'hx-trigger="every 1s"' in text
    part = admin.get(home(company), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="grid gap-5" id="credentials"')


def test_what_a_role_may_not_do_is_said_before_the_click(company: Company) -> None:
    made(company.admin)
    seen = browser(company, Role.EDITOR).get(home(company)).content.decode()
    assert "Admins can add, test and change credentials." in seen
    assert f"{home(company)}new/" not in seen
    assert browser(company, Role.EDITOR).get(f"{home(company)}new/").status_code == 403
    refused = browser(company, Role.VIEWER).get(home(company))
    assert refused.status_code == 403
    assert "Editor or higher" in refused.content.decode()
    stranger = Client()
    stranger.force_login(company.stranger)
    assert stranger.get(home(company)).status_code == 404


def test_an_empty_list_says_what_credentials_are_for(company: Company) -> None:
    assert "No credentials yet" in browser(company, Role.ADMIN).get(home(company)).content.decode()
