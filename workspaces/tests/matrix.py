"""Knocks at every door as everybody, with their own ids and with those of another workspace."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any, cast
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from automatos.later import LaterResponse
from automatos.tests.app_role import app_role
from workspaces.api_keys.services import create_api_key
from workspaces.models import Role, User, Workspace
from workspaces.scope.permissions import RANK
from workspaces.services import create_workspace
from workspaces.tests.matrix_doors import STATES, Door
from workspaces.tests.matrix_rows import Company
from workspaces.tests.matrix_state import State, state_of

HEADER = "X-Workspace-ID"
# What differs between two answers that say the same: the request's id, and the tokens of forms.
CHANGING = re.compile(rb'(?<="request_id":")[^"]+|(?<=name="csrfmiddlewaretoken" value=")\w+|[0-9a-f]{32}|\b\w{64}\b')
NEW_EACH_TIME = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.+]+Z?|atm_[\w-]+|"
    rb"whsec_[\w+/=]+|(?<=/invitations/)[\w-]+|(?<=name=\"token\" value=\")[\w-]+|"
    rb"(?<=duration_ms.:)\d+|(?<=\">)\d+:\d\d(?=<)|"
    rb"\d+(?= ?(?:s|ms|seconds?|minutes?)\b)|\b[0-9a-f]{8}\b"
)
# The answer of a member who may, where it is no success: the rows of the matrix are no better than they are.
REFUSED_ANYWAY: dict[str, set[int]] = {
    "skill_sources_create": {400},  # no server of git is there
    "agents_import": {400},  # an empty document
    "apps_connect": {409},  # its server of apps has a private address, so nobody asks it
    # Their server has a private address, so nobody asks it.
    "mcp_connect": {400},
    "mcp_servers_sign_in": {400},
    "mcp_sign_in_done": {404},  # nobody began
    "apps_event_kinds": {409},
    "apps_trigger_create": {409},
    "composio_webhook": {401},  # not signed
    "hooks_receive": {401},  # not signed
    "hooks_resume": {401},
    "deliveries_replay": {202, 409},
    "agents_chat": {400},  # says nothing
    **{name: {409} for name in ("openai_chat_completions", "openai_responses")},  # its agent is paused
    "openai_response_delete": {409},  # its run is still at work
    "recipes_assess_quality": {409},  # its run is still at work
    "recipes_learn": {409},
    **{f"recipe_proposals_{what}": {404} for what in ("retrieve", "use", "dismiss")},  # nobody asked for one
    **{f"{under}executions_destroy": {409} for under in ("", "workflow_recipes_")},  # still at work
    "recipes_duplicate": {400},  # its step has no name that could be published
    **{f"me_{what}": {403, 409} for what in ("totp_start", "totp_activate", "totp_remove", "recovery_codes")},
    "me_passkey_remove": {403},  # nobody has confirmed, or has a second factor
    "workflows_hire": {400, 409},  # no such subtask
    "workflows_execution_save": {404, 409},  # nothing was done
    "recipes_try_step": {400},  # no such step is in its draft
    "evaluation_cases_from_runs": {400},  # its run was given an input that its recipe does not have
    "suggestions_accept": {409},  # its step is not in the recipe any more
    "executions_rating_retrieve": {404},  # nobody of them rated it
    "workflow_recipes_executions_rating_retrieve": {404},
    "executions_rating_update": {409},
    "workflow_recipes_executions_rating_update": {409},
    # Its run is still at work, and not paused.
    **{
        f"{under}executions_{what}_create": {409}
        for under in ("", "workflow_recipes_")
        for what in ("resume", "retry", "rerun", "fork")
    },
    **{f"{under}executions_replay_retrieve": {409} for under in ("", "workflow_recipes_")},  # still at work
    "run_replay": {409},  # the same
    "openai_embeddings": {400},  # there is no text
    "moved": {301},
    "invitation_resend": {200, 302, 429},  # only so many an hour
    "invitations_resend": {200, 429},
    "run_again": {409},  # its run is one of a workflow
    "run_rerun": {200, 302, 400, 422},  # the same
    "runs_restore": {404},  # none was deleted
    "run_view_remove": {302, 404},  # each has their own
    "runs_compare": {404},  # no run is named
    "plugin_imports_create": {400},  # no server of git is there
    "plugins_submit": {400},  # there is no file
    "listing_by_link": {404},  # nobody knows the link
    "listings_share": {201, 409},  # it was shared already
    "listings_install": {404},  # it has no version that can be had
    "listings_update": {409},  # there is none
    "listings_withdraw": {204, 409},
    "plugins_report": {201, 409},  # one was reported already
    "publisher_keys_create": {400},  # half a key
    "workspace_plugins_enable": {409},  # its plugin is enabled already
    "workspace_plugin_agents_install": {404},  # its plugin has none
    "workspace_plugin_hooks_change": {409},  # its plugin has none
    "workspace_plugins_difference": {404},  # there is no version 1
    "plugin_update": {302, 404},  # there is no newer version
    "workspaces_leave": {204, 409},  # the last owner stays
}
# What an operation must be asked for.
QUERIES = {
    "schedules_times": "cron=0+9+*+*+*",
    "documents_search": "q=leak",
    "agents_deleted": "status=deleted",
    "recipes_deleted": "state=deleted",
}
# Shorter ones are numbers, and stand everywhere.
SHORTEST = 8


@dataclass(frozen=True)
class Answer:
    """What came back, without what changes with each request."""

    status: int
    body: bytes
    raw: bytes


class Ids(dict[tuple[str, str], str]):
    """The text of each row's id or word. Made of a company, or of nothing that exists."""

    @classmethod
    def of(cls, company: Company) -> "Ids":
        found = cls()
        for name, row in company.rows.items():
            for column in ("pk", "slug", "template_id", "action"):
                text = str(getattr(row, column, ""))
                if len(text) >= SHORTEST:
                    found[name, column] = text
        return found

    def unknown(self) -> "Ids":
        """The same names with ids nothing has."""
        made = type(self)()
        for (name, column), text in self.items():
            made[name, column] = str(uuid4()) if _is_uuid(text) else f"leak-{uuid4().hex[:10]}"[: len(text)]
        return made


class World:
    """Two workspaces with everything in them, and everybody's clients. `with_common`: all share a third one."""

    def __init__(self, *, with_common: bool = True) -> None:
        self.common: Workspace | None = None
        if with_common:
            owner = User.objects.create_user(f"{uuid4().hex}@example.org")
            self.common = create_workspace(name=f"Aaa {uuid4().hex}", owner=owner)
        # Theirs are first in time, so a first one that is not asked for its workspace is theirs.
        self.theirs = Company(self.common)
        self.ours = Company(self.common, "anthropic", is_second=True)
        self._let_our_owner_have_drafts_there()
        self.ids, self.foreign = Ids.of(self.ours), Ids.of(self.theirs)
        self.unknown = self.foreign.unknown()
        self.members = {role: signed_in(user) for role, user in self.ours.people.items()}
        self.outsider = signed_in(self.theirs.people[Role.OWNER])
        self.keys = {role: with_key(self.ours, role) for role in Role}
        self.outside_key = with_key(self.theirs, Role.OWNER)
        for client in (*self.members.values(), self.outsider):
            # A browser is listed with its first request; those of the matrix are taken back, and would be each time.
            client.get("/workspaces/")
        # What nobody who knocks with this client may change.
        self.untouchable = {id(client): [self.ours.workspace] for client in (self.outsider, self.outside_key)}
        self.untouched: dict[int, State] = {}
        self.requests, self.statuses = 0, Counter[int]()
        self.wrong: list[str] = []
        self.leaks: list[str] = []

    def _let_our_owner_have_drafts_there(self) -> None:
        """Drafts of our owner in their workspace, as of somebody who has left it: one open, one long discarded."""
        draft = self.theirs.rows["AgentDraft"]
        draft.user = self.ours.people[Role.OWNER]
        draft.save()
        self.theirs.plant_again("AgentDraft", discarded_at=timezone.now() - timedelta(days=40))

    def ask(
        self,
        client: Client,
        door: Door,
        ids: Ids,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        more: str = "",
    ) -> Answer:
        """The answer of the door; whatever it changed is taken back. query: a workspace's id. more: of the query."""
        path, body = filled(door, ids)
        options: dict[str, Any] = {"headers": dict(headers or {})}
        if door.body is not None:
            options["data"] = body if door.is_page else json.dumps(body)
            if not door.is_page:
                options["content_type"] = "application/json"
        asked = [QUERIES.get(door.name, ""), f"workspace_id={query}" if query else "", more]
        path = "?".join(filter(None, (path, "&".join(filter(None, asked)))))
        cookies = client.cookies
        with transaction.atomic():
            prepared = self.prepare(door)
            before = self._state(client, door, cached=not prepared)
            # Without what an earlier request wanted to tell the person; a cookie set now is forgotten as its rows are.
            client.cookies = SimpleCookie({name: cookies[name].value for name in cookies if name != "messages"})
            response = whole(getattr(client, door.method.lower())(path, **options))
            raw = content_of(response)
            connection.needs_rollback = False
            if response.status_code < 400 and before != self._state(client, door, cached=False):
                self.leaks.append(f"{door.label} ({door.name}) changed rows of another workspace")
            transaction.set_rollback(True)
        client.cookies = cookies
        self.requests += 1
        self.statuses[response.status_code] += 1
        return Answer(response.status_code, comparable(raw, ids), raw + str(response.headers).encode())

    def _state(self, client: Client, door: Door, *, cached: bool) -> State:
        """The rows the client's requests may not touch; none for a door that only reads.

        cached: as they were at first, since every request is taken back.
        """
        if door.method == "GET":
            return []
        whose = self.untouchable.get(id(client), [self.theirs.workspace])
        whose = [*whose, self.common] if self.common and door.role else whose
        key = hash(tuple(workspace.pk for workspace in whose))
        if not cached:
            return state_of(whose)
        if key not in self.untouched:
            self.untouched[key] = state_of(whose)
        return self.untouched[key]

    def granted(self) -> list[int]:
        """How often each status of success came back."""
        return [number for status, number in self.statuses.items() if status < 300]

    def prepare(self, door: Door) -> bool:
        """Set what the door needs; whether that was anything."""
        if door.name not in STATES:
            return False
        name, values = STATES[door.name]
        for company in (self.ours, self.theirs):
            row = company.rows[name]
            given = {column: value() if callable(value) else value for column, value in values.items()}
            type(row)._base_manager.filter(pk=row.pk).update(**given)
        return True

    def expect(self, door: Door, who: str, answer: Answer, allowed: set[int], hidden: Company, ids: Ids) -> None:
        """Note an answer that is not among the allowed, and one that shows what it must not."""
        if answer.status not in allowed:
            self.wrong.append(f"{door.label} ({door.name}) as {who}: {answer.status} {answer.raw[:160]!r}")
        seen = answer.raw
        for text in set(ids.values()):
            seen = seen.replace(text.encode(), b"")
        if hidden.marker.lower().encode() in seen.lower():
            at = seen.lower().index(hidden.marker.lower().encode())
            self.leaks.append(f"{door.label} ({door.name}) as {who}: {seen[max(0, at - 80) : at + 40]!r}")

    def same(self, door: Door, who: str, first: Answer, second: Answer) -> None:
        """Note a difference between the answer about somebody else's row and about none."""
        if (first.status, first.body) != (second.status, second.body):
            self.wrong.append(
                f"{door.label} as {who}: {first.status} differs from {second.status} for a random id:\n"
                f"    {difference(first.body, second.body)}"
            )


def filled(door: Door, ids: Ids) -> tuple[str, Any]:
    """The address and the body with these ids in them."""
    path = door.path
    for parameter in door.parameters:
        model, column = door.model_of(parameter)
        path = path.replace(f"{{{parameter}}}", ids[model, column] if model else column)
    # An address is sent only so many invitations.
    body = json.dumps(door.body).replace("<any>", uuid4().hex)
    for model, column in placeholders(door):
        body = body.replace(f"<{model}>" if column == "pk" else f"<{model}.{column}>", ids[model, column])
    return path, json.loads(body)


def placeholders(door: Door) -> list[tuple[str, str]]:
    """The models whose ids stand in the body, or another column by which rows are named."""
    found = re.findall(r"<([A-Z]\w+)(?:\.(\w+))?>", json.dumps(door.body))
    return sorted({(model, column or "pk") for model, column in found})


def mixed(own: Ids, other: Ids, names: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> Ids:
    """Own ids, but those named from the other."""
    found = Ids(own)
    for name in names:
        found[name] = other[name]
    return found


def expected(role: Role, door: Door) -> set[int]:
    """What a member of this role gets with the workspace's own ids."""
    assert door.role is not None
    if RANK[role] < RANK[door.role]:
        return {403}
    granted = {200, 201, 202, 204, *((302, 303, 409, 422) if door.is_page else ())}
    # A draft is its author's alone.
    granted |= {404} if door.name.startswith("agent_draft") else set()
    return REFUSED_ANYWAY.get(door.name, granted)


def comparable(raw: bytes, ids: Ids) -> bytes:
    """The body without the ids asked for and what changes anyway."""
    for text in sorted(set(ids.values()), key=len, reverse=True):
        raw = raw.replace(text.encode(), b"<id>")
    return CHANGING.sub(b"<any>", raw)


def difference(first: bytes, second: bytes) -> str:
    """Around the first place where they part."""
    at = next((n for n, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), 0)
    return f"{first[max(0, at - 60) : at + 60]!r} / {second[max(0, at - 60) : at + 60]!r}"


def whole(response: Any) -> HttpResponseBase:
    """The answer itself, where what came back stands for one that is given later."""
    if not isinstance(response, LaterResponse):
        return cast(HttpResponseBase, response)
    with app_role():
        return async_to_sync(response.settled)()


def content_of(response: Any) -> bytes:
    """The whole body, streamed or not."""
    if not response.streaming:
        return bytes(response.content)
    with app_role():
        return b"".join(async_to_sync(_all_of)(response) if response.is_async else response.streaming_content)


async def _all_of(response: Any) -> list[bytes]:
    return [part async for part in response.streaming_content]


def signed_in(user: User) -> Client:
    """A client with the person's session."""
    client = Client(raise_request_exception=False)
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def with_key(company: Company, role: Role) -> Client:
    """A client with an API key of the person."""
    _, key = create_api_key(workspace=company.workspace, user=company.people[role], name="Key", role=role)
    return Client(headers={"X-API-Key": key}, raise_request_exception=False)


def settled(answer: Answer) -> tuple[int, bytes]:
    """The answer without what is new each time: ids, times, durations, sealed texts."""
    return answer.status, NEW_EACH_TIME.sub(b"<new>", answer.body)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
