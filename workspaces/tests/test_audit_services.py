"""Every service that writes is in the audit log, or on a list with its reason. Read from the source."""

import ast
from functools import cache

from automatos.tests.source import Module, modules
from automatos.tests.test_borders import DECIDERS, layer
from workspaces.audit.page import TARGETS
from workspaces.audit.queries import GROUPS

# What writes when it is called on something: rows, querysets, the engine's statements.
WRITES = {
    "save", "create", "bulk_create", "update_or_create", "get_or_create", "bulk_update", "update", "delete", "put_off",
    "create_user", "send", "insert_with_slug", "insert_workspace", "added",
}  # fmt: skip
# module.function: why nothing is recorded.
EDITED = "what is typed into a recipe that is not published yet; publishing it is recorded"
DRAFT = "what one person typed into a form so far; the agent made of it is recorded"
ONCE = "made once for an installation; what is submitted under it is recorded"
SILENT = {
    "marketplace.publishers.services.installation_publisher": ONCE,
    "marketplace.publishers.services.project_publisher": ONCE,
    "agents.drafts.services.discard_draft": DRAFT,
    "agents.drafts.services.dismiss_proposal": DRAFT,
    "agents.drafts.services.restore_draft": DRAFT,
    "agents.drafts.services.save_draft": DRAFT,
    "agents.drafts.services.start_draft": DRAFT,
    "recipes.editor.services.opened": EDITED,
    "recipes.editor.services.replace_body": EDITED,
    "recipes.editor.services.save_part": EDITED,
    "recipes.editor.proposal_services.dismiss": EDITED,
    "recipes.editor.proposal_services.use": EDITED,
    "recipes.editor.trying_services.pin": EDITED,
    "recipes.runs.services.insert_execution": "a part of starting a run, which is recorded",
    "recipes.runs.services.insert_steps": "a part of starting a run, which is recorded",
    "recipes.runs.saved_view_services.remove_view": "a tab that one person alone sees",
    "recipes.runs.saved_view_services.save_view": "a tab that one person alone sees",
    "recipes.triggers.tick_services.tidy": "removes what is too old to be looked at, for nobody",
    "tools.mcp.oauth.services.begin": "what was begun; the grant it ends in is recorded",
    "recipes.chat.services.begin": "the first question in it is recorded as a run",
    "agents.equipment.services.give_skills": "a part of creating or changing an agent, which is recorded",
    "workspaces.clerk.messages.receive": "remembers which messages were worked in; what they change is recorded",
    "workspaces.members.invitation_services.note_sent": "when a mail left, not what anybody decided",
    "workspaces.members.services.withdraw_invitations": "a part of ending a membership, which is recorded",
    "workspaces.services.insert_workspace": "a part of creating a workspace, which is recorded",
}

Function = tuple[str, str]


def functions(module: Module) -> dict[str, ast.FunctionDef]:
    """The module's own functions by name."""
    return {node.name: node for node in module.tree.body if isinstance(node, ast.FunctionDef)}


@cache
def names(module_name: str) -> dict[str, str]:
    """What a module's imported names stand for: dotted."""
    found = dict[str, str]()
    for node in ast.walk(modules()[module_name].tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def called(module_name: str, function: ast.FunctionDef) -> set[Function]:
    """The functions of the project that it mentions, as (module, name)."""
    found: set[Function] = set()
    for node in ast.walk(function):
        dotted = ""
        if isinstance(node, ast.Name):
            dotted = names(module_name).get(node.id, f"{module_name}.{node.id}")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            dotted = f"{names(module_name).get(node.value.id, '')}.{node.attr}"
        module, _, name = dotted.rpartition(".")
        if module in modules() and name in functions(modules()[module]):
            found.add((module, name))
    return found


@cache
def reached(start: Function) -> frozenset[Function]:
    """The function and all that it calls, wherever in the project."""
    seen, waiting = set[Function](), [start]
    while waiting:
        module, name = waiting.pop()
        if (module, name) not in seen:
            seen.add((module, name))
            waiting += called(module, functions(modules()[module])[name])
    return frozenset(seen)


def writes(module: str, name: str) -> bool:
    """Whether the function, or a private one of the same module that it calls, writes by itself."""
    own = {found for found in reached((module, name)) if found == (module, name) or found[1].startswith("_")}
    return any(
        isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITES
        for where, what in own
        if where == module
        for node in ast.walk(functions(modules()[where])[what])
    )


def services() -> list[Function]:
    """Every public function of the layer that decides."""
    return [
        (module.name, name)
        for module in modules().values()
        if not module.is_test and module.app != "automatos" and layer(module.name) == DECIDERS
        for name in functions(module)
        if not name.startswith("_")
    ]


def test_every_service_that_writes_is_recorded_or_says_why_not() -> None:
    silent = {
        f"{module}.{name}"
        for module, name in services()
        if writes(module, name) and ("workspaces.audit.log", "record") not in reached((module, name))
    }
    assert silent == SILENT.keys(), (
        f"not recorded: {sorted(silent - SILENT.keys())}, recorded: {SILENT.keys() - silent}"
    )


def test_the_walk_sees_through_helpers() -> None:
    assert writes("workspaces.services", "set_role")
    assert ("workspaces.audit.log", "record") in reached(("recipes.services", "restore_version"))
    assert len([one for one in services() if writes(*one)]) > 30


def test_every_recorded_action_has_a_group_and_every_target_a_name() -> None:
    """The filters of the page name all there is."""
    actions = {
        node.value.partition(".")[0]
        for module in modules().values()
        if not module.is_test and module.app != "automatos"
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in
        {"record", "record_row", "_record", "record_member"}
        for node in call.args[:1]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }  # fmt: skip
    assert actions <= GROUPS.keys(), sorted(actions - GROUPS.keys())
    targets = {
        str(node.elts[0].value)
        for module in modules().values()
        if not module.is_test
        for keyword in ast.walk(module.tree)
        if isinstance(keyword, ast.keyword) and keyword.arg == "target"
        for node in [keyword.value]
        if isinstance(node, ast.Tuple) and isinstance(node.elts[0], ast.Constant)
    }
    assert targets <= set(TARGETS), sorted(targets - set(TARGETS))
