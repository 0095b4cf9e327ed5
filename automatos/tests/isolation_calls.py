"""What workers, tools of agents, commands and sign-in do in a workspace, to be called with anybody's ids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from agents.drafts import jobs as draft_work
from agents.drafts.tasks import propose_draft, try_draft_model
from agents.knowledge import memories
from agents.knowledge import search as knowledge_search
from agents.knowledge.tasks import read_document, sweep_documents
from agents.skills import tools as skill_tools
from agents.skills.tasks import sync_skills
from automatos.llm import embeddings
from recipes.chat import stream as chat_stream
from recipes.crew import services as agent_status
from recipes.engine import agent_moves, tool_context
from recipes.live import following
from recipes.live.terminal import Screen
from recipes.live.watching import Watch
from recipes.models import Recipe, Trigger
from recipes.runs import services as runs
from tools.mcp.tasks import read_mcp_server
from workspaces.accounts import services as account_services
from workspaces.accounts import session_activity
from workspaces.credentials import provider_keys
from workspaces.credentials import services as credentials
from workspaces.credentials.tasks import check_credential
from workspaces.doors import installation
from workspaces.doors.idempotency import once
from workspaces.doors.sockets import SocketCaller
from workspaces.limits import plans
from workspaces.models import Role, User, Workspace
from workspaces.queries import first_membership_of, personal_workspace_id
from workspaces.scope.tenancy import workspace_scope
from workspaces.services import create_personal_workspace
from workspaces.tests.matrix import Ids, World
from workspaces.tests.matrix_rows import ASKED

Run = Callable[[World, Ids], Any]
TOKEN = "token"
JOB = {"token": TOKEN, "state": "running", "began": {}, "model": "local:nothing"}
WISH = {**JOB, "sentence": "Summarise the news of the day"}
MODEL = {"provider": "local", "model_id": "nothing"}
QUESTION = knowledge_search.Asked("leak or nothing", ((embeddings.LOCAL, ASKED),))
# One person, so that nothing but the workspace tells their requests apart.
REPEATER = User(email="repeater@example.org")


@dataclass(frozen=True)
class Call:
    """One of them. names: the models a foreign id can be given of. rows: columns set before, for both workspaces.

    everywhere: it works on every workspace.
    """

    name: str
    run: Run
    names: tuple[str, ...] = ()
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    everywhere: bool = False

    @property
    def label(self) -> str:
        return self.name


def here(ids: Ids) -> UUID:
    """The workspace that is meant."""
    return UUID(ids["Workspace", "pk"])


def its(ids: Ids, model: str) -> UUID:
    """The id of a row."""
    return UUID(ids[model, "pk"])


def task(name: str, sent: Any, model: str, *more: str, **columns: Any) -> Call:
    """A Celery task that is given a workspace and one row, run here."""
    return Call(name, lambda _, ids: sent(str(here(ids)), str(its(ids, model)), *more), (model,), {model: columns})


def _search(world: World, ids: Ids) -> Any:
    return _searched(knowledge_search.scope_of(here(ids)))


def _search_as_agent(world: World, ids: Ids) -> Any:
    return _searched(knowledge_search.scope_of(here(ids), its(ids, "Agent")))


def _searched(scope: knowledge_search.Scope) -> Any:
    """The scope, what is found in it, and what would be were it a large one."""
    large = replace(scope, passages=knowledge_search.EXACT + 1)
    return scope, [knowledge_search.search(one, QUESTION) for one in (scope, large)]


def _recall(world: World, ids: Ids) -> Any:
    scope = knowledge_search.memory_scope(here(ids))
    return scope, memories.recalled(scope, QUESTION, 9)


def _keys_for_embedding(world: World, ids: Ids) -> Any:
    owner, fields = world.ours.people[Role.OWNER], {"api_key": "sk-a"}
    with workspace_scope(here(ids)):
        workspace = Workspace.objects.get(pk=here(ids))
        key = credentials.create(workspace=workspace, user=owner, type_slug="openai", name="A", fields=fields)
    found = sorted(memories.keys_for(here(ids)))
    with workspace_scope(here(ids)):
        # A sealed text is another one each time.
        key.delete()
    return found


def _key_used(world: World, ids: Ids) -> None:
    provider_keys._note([provider_keys.OwnKey(its(ids, "Credential"), here(ids), "Key", None)])


def _offered(world: World, ids: Ids) -> Any:
    with workspace_scope(here(ids)):
        return draft_work.offer(here(ids))


def _cooked(world: World, ids: Ids) -> str:
    sent = ["--workspace", world.ours.workspace.slug, "--input", "unknown=1"]
    with pytest.raises(CommandError) as refusal:
        call_command("cook", its(ids, "Recipe"), *sent)
    return str(refusal.value)


def _remember(world: World, ids: Ids) -> None:
    agent, run = its(ids, "Agent"), its(ids, "Execution")
    # Room for one more than this workspace has.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memories, "MOST", 2)
        memories.keep(memories.Note(uuid4(), here(ids), agent, run, "Noted.", (), (), "", (0.0,) * 384))


def _repeated(world: World, ids: Ids) -> Any:
    with workspace_scope(here(ids)):
        workspace = Workspace.objects.get(pk=here(ids))
        return once(workspace=workspace, user=REPEATER, route="r", key="k", body={}, act=lambda: (201, {}))


def _begun(world: World, ids: Ids) -> Any:
    # Room for one more than this workspace has at work.
    with pytest.MonkeyPatch.context() as patch, workspace_scope(here(ids)):
        patch.setitem(plans.PLANS, Workspace.Plan.FREE, plans.Limits(concurrent_runs=2))
        workspace, recipe = Workspace.objects.get(pk=here(ids)), Recipe.objects.get(pk=its(ids, "Recipe"))
        run = runs.start(workspace=workspace, recipe=recipe, input_data={}, user=None, trigger=Trigger.COMMAND)
        return run.status, run.workspace_id


def _watched(world: World, ids: Ids) -> Any:
    shown = StringIO()
    over = Watch(following.Followed(its(ids, "Execution"), here(ids)), Screen(shown)).until_over()
    return over.pk, shown.getvalue()


def _followed(world: World, ids: Ids) -> Any:
    run = following.Followed(its(ids, "Execution"), here(ids))
    order = world.ours.rows["ExecutionStep"].order
    return following.news(run, 0), following.running_steps(run), following.step_id(run, order)


def _found(world: World, ids: Ids) -> Any:
    caller = SocketCaller(world.ours.people[Role.VIEWER].pk)
    readable = caller.readable_workspaces("executions:read")
    return len(readable), following.find(its(ids, "Execution"), readable)


def _verified(world: World, ids: Ids) -> str:
    told = StringIO()
    call_command("verify_audit", workspace=world.ours.workspace.slug, stdout=told)
    return told.getvalue()


def _landing(world: World, ids: Ids) -> Any:
    user = world.ours.people[Role.EDITOR]
    own = [create_personal_workspace(user=user).pk for _ in range(2)]
    first = first_membership_of(user, prefer=here(ids))
    return len(set(own)), personal_workspace_id(user) == own[0], first and first.workspace_id == own[0]


def _told_viewers(world: World, ids: Ids) -> int:
    before = len(connection.run_on_commit)
    session_activity.tell_viewers(world.ours.people[Role.VIEWER].pk)
    return len(connection.run_on_commit) - before


def _gone_person(world: World, ids: Ids) -> Any:
    account_services.delete_account(user=world.ours.rows["User"])
    return account_services.last_owner_of(world.ours.people[Role.OWNER])


def _open_access(world: World, ids: Ids) -> Any:
    return [installation.open_access_user() for _ in range(2)]


READY: dict[str, Any] = {"status": "ready", "updated_at": timezone.now() - timedelta(days=2), "kind": "paste"}
READY["embedding_model"] = embeddings.OPENAI
OVER = {"Execution": {"status": "completed"}, "ExecutionStep": {"status": "completed"}}
NO_RUN = {"Agent": {"pending_status": "paused"}, **OVER}
AT_WORK = {"Execution": {"status": "running"}, "ExecutionStep": {"status": "running"}}
ONE_LIVE = {"Workspace": {"plan": "free"}, "Agent": {"status": "active"}, **AT_WORK}

# A run that is followed was found in its workspace (find a run to follow); from then on the pair of ids stands.
CALLS = [
    task("check a credential", check_credential, "Credential", test_started_at=timezone.now()),
    task("sync a source of skills", sync_skills, "SkillSource", status="syncing", sync_started_at=timezone.now()),
    task("try a draft's model", try_draft_model, "AgentDraft", TOKEN, agent=None, values=MODEL, work={"trial": JOB}),
    task("propose an agent", propose_draft, "AgentDraft", TOKEN, agent=None, values={}, work={"proposal": WISH}),
    task("read a document", read_document, "Document", kind="paste", status="waiting", text="Words."),
    task("read an empty one", read_document, "Document", kind="paste", status="waiting", text=""),
    task("read an MCP server", read_mcp_server, "RemoteService", kind="mcp", url="http://127.0.0.1:1/mcp"),
    Call("sweep documents", lambda *_: sweep_documents(), rows={"Document": READY}, everywhere=True),
    Call("search documents", _search),
    Call("search an agent's documents", _search_as_agent, ("Agent",)),
    Call("recall", _recall),
    Call("remember", _remember, ("Agent",)),
    Call("keys for embedding", _keys_for_embedding),
    Call("note that a key was used", _key_used),
    Call("offer what an agent may be made of", _offered),
    Call("count a file's bytes", lambda _, i: tool_context._counted(here(i), 5)),
    Call("cook from a terminal", _cooked, ("Recipe",)),
    Call("load a skill", lambda _, i: skill_tools.loaded(here(i), its(i, "Skill"), "skill"), ("Skill",)),
    Call(
        "read a skill's file",
        lambda w, i: skill_tools.file_read(here(i), its(i, "Skill"), "skill", w.ours.rows["SkillFile"].path, 0),
        ("Skill",),
    ),
    Call(
        "open a credential", lambda _, i: tool_context._opened(here(i), "Cook", i["Credential", "pk"]), ("Credential",)
    ),
    Call(
        "find an agent",
        lambda w, i: tool_context._found(here(i), w.ours.rows["Execution"].pk, i["Agent", "slug"]),
        ("Agent",),
    ),
    Call("move agents that are due", lambda *_: agent_moves.carry_out_due(), rows=NO_RUN, everywhere=True),
    Call("stop an agent's steps", lambda w, _: agent_status._abort_late(w.ours.rows["Agent"]), rows=AT_WORK),
    Call(
        "what an answer came to",
        lambda _, i: chat_stream.came_to(following.Followed(its(i, "Execution"), here(i))),
    ),
    Call(
        "stop an answer",
        lambda _, i: chat_stream._cancel(following.Followed(its(i, "Execution"), here(i))),
        rows=AT_WORK,
    ),
    Call("follow a run", _followed, rows=AT_WORK),
    Call("find a run to follow", _found, ("Execution",)),
    Call("repeat a request", _repeated, rows={"IdempotentRequest": {"route": f"r:{REPEATER.pk}", "key": "k"}}),
    Call("start a run", _begun, rows=ONE_LIVE),
    Call("watch a run in a terminal", _watched, rows=OVER),
    Call("verify the audit log", _verified),
    Call("land after signing in", _landing, ("Workspace",)),
    Call("tell viewers", _told_viewers),
    Call("close an account", _gone_person),
    Call("open access", _open_access),
]
