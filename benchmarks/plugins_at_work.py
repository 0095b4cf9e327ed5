"""Puts real plugins to work: `python -m benchmarks.plugins_at_work FOLDER`, a folder of packages as ZIP files.

Each is taken in, scanned by the rules, approved whatever they say (the line says what they said), enabled and given to
an agent. A scripted model then loads each of its skills and calls each of its commands once, in a run of the real
worker, and each of its agents is made as a draft. Prints what worked, what is inert and why. Nothing is left behind.
"""

import argparse
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.core.management import call_command

from automatos.local import servers
from benchmarks.engine import DATA, workers

if TYPE_CHECKING:
    from automatos.llm.testing.server import ScriptedServer
    from marketplace.models import PluginVersion
    from recipes.tests.kit import Cast

LONGEST_WAIT = 120.0
# Calls of one reply that the engine makes.
AT_ONCE = 20


def main() -> None:
    """Print a line for each package, then why parts are inert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=25)
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        from automatos.llm.testing.server import ScriptedServer
        from workspaces.scope.tenancy import Purpose, system_scope

        with ScriptedServer() as models, workers(1, models.openai_url):
            from recipes.tests.kit import Cast

            with system_scope(Purpose.OPERATOR):
                cast = Cast()
            whys: Counter[str] = Counter()
            totals: Counter[str] = Counter()
            files = sorted(options.folder.glob("*.zip"))[: options.most]
            for file in files:
                print(_row(cast, models, file, whys, totals), flush=True)
            print(f"\n{len(files)} packages: " + ", ".join(f"{name} {number}" for name, number in totals.items()))
            for why, number in whys.most_common():
                print(f"{number:4} inert: {why}")
    finally:
        django.db.connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


def _row(cast: "Cast", models: "ScriptedServer", file: Path, whys: Counter[str], totals: Counter[str]) -> str:
    from automatos.errors import AppError
    from marketplace.enabling.plugin_page import inert_of, listeners_of
    from workspaces.scope.tenancy import workspace_scope

    try:
        version = _approved(file)
    except AppError as error:
        totals["refused"] += 1
        return f"{file.stem:<28} refused: {error.message[:120]}"
    agent = _equipped(cast, version)
    found = _used(cast, models, version, agent)
    with workspace_scope(cast.workspace.pk):
        made, wanted = _agents_made(cast, version)
        listening, inert = len(listeners_of(version.package)), inert_of(version.package)
    whys.update(one.why for one in inert)
    parts = {"skills": found["skills"], "commands": found["commands"], "agents": (made, wanted)}
    for name, (worked, number) in parts.items():
        totals[f"{name} worked"] += worked
        totals[f"{name} in all"] += number
    totals["hooks that listen"] += listening
    totals["servers proposed"] += len(version.package.get("mcp_servers") or [])
    shown = "  ".join(f"{name} {worked}/{number}" for name, (worked, number) in parts.items())
    return f"{file.stem:<28} {version.verdict:<16} {shown}  hooks {listening}  inert {len(inert)}  {found['note']}"


def _approved(file: Path) -> "PluginVersion":
    from marketplace.models import PluginScan, PluginVersion
    from marketplace.moderation import services as desk
    from marketplace.packages.intake import take_upload
    from marketplace.plugins.intake import Origin, take_in
    from marketplace.publishers.services import installation_publisher
    from marketplace.scans import jobs
    from workspaces.scope.tenancy import Purpose, system_scope

    (package,) = take_upload(file.read_bytes(), file.name).packages
    with system_scope(Purpose.OPERATOR):
        made = take_in(package, Origin(installation_publisher(), trigger=PluginScan.Trigger.SEED))
    assert made.scan is not None
    jobs.run_scan(made.scan.pk, ask_model=False)
    with system_scope(Purpose.OPERATOR):
        said = PluginVersion.objects.get(pk=made.version.pk).verdict
        PluginVersion.objects.filter(pk=made.version.pk).update(verdict="safe", status="pending")
        desk.approve(version_id=made.version.pk, moderator=None)
        version = PluginVersion.objects.select_related("plugin").get(pk=made.version.pk)
    version.verdict = said
    return version


def _equipped(cast: "Cast", version: "PluginVersion") -> Any:
    from agents.services import equip_agent
    from marketplace.enabling.services import enable_plugin
    from workspaces.scope.tenancy import workspace_scope

    with workspace_scope(cast.workspace.pk, cast.owner.pk):
        enable_plugin(workspace=cast.workspace, user=cast.owner, plugin_id=version.plugin_id)
        agent = cast.add_agent(version.plugin.slug[:60])
        equip_agent(agent=agent, user=cast.owner, plugin_ids=[version.plugin_id])
    return agent


def _used(cast: "Cast", models: "ScriptedServer", version: "PluginVersion", agent: Any) -> dict[str, Any]:
    """How many skills and commands answered, of how many; a run in which each is called once."""
    from agents.work.queries import spec_of
    from agents.work.toolbox import toolbox_of
    from automatos.llm.parts import ToolCall
    from recipes.models import Call, Execution
    from workspaces.scope.tenancy import workspace_scope

    with workspace_scope(cast.workspace.pk, cast.owner.pk):
        tools = toolbox_of(spec_of(agent))
        skills = tools["plugin_skill"].schema["properties"]["name"]["enum"] if "plugin_skill" in tools else []
        calls = [ToolCall(f"s{n}", "plugin_skill", {"name": name}) for n, name in enumerate(skills)]
        commands = [tool for name, tool in tools.items() if name not in ("plugin_skill", "plugin_file")]
        for n, tool in enumerate(commands):
            calls.append(ToolCall(f"c{n}", tool.name, dict.fromkeys(tool.schema["properties"], "x")))
        rounds = [{"tool_calls": calls[at : at + AT_ONCE]} for at in range(0, len(calls), AT_ONCE)]
        word = f"work {version.pk}"
        models.conversation(word, *rounds, {"reply": "Done."})
        cast.agent = agent
        run = cast.cook(cast.recipe(word, step={"max_iterations": 25}))
    end = time.monotonic() + LONGEST_WAIT
    status = "pending"
    while status not in ("completed", "failed", "cancelled") and time.monotonic() < end:
        time.sleep(0.1)
        with workspace_scope(cast.workspace.pk):
            status = Execution.objects.get(pk=run.pk).status
    with workspace_scope(cast.workspace.pk):
        rows = list(
            Call.objects.filter(step__execution=run, status="done", data__is_error=False).values_list("name", flat=True)
        )
        error = Execution.objects.get(pk=run.pk).error
    named = Counter(rows)
    worked = sum(bool(named[tool.name]) for tool in commands)
    note = "" if status == "completed" else f"{status}: {str(error)[:100]}"
    offered = len(version.package.get("commands") or [])
    return {
        "skills": (named["plugin_skill"], len(version.package.get("skills") or [])),
        "commands": (worked, offered),
        "note": note,
    }


def _agents_made(cast: "Cast", version: "PluginVersion") -> tuple[int, int]:
    from automatos.errors import AppError
    from marketplace.enabling.agent_services import install_agent, templates_of

    templates = templates_of(cast.workspace, version)
    made = 0
    for one in templates:
        try:
            install_agent(workspace=cast.workspace, user=cast.owner, plugin_id=version.plugin_id, name=one.name)
            made += 1
        except AppError as error:
            print(f"  agent {one.name}: {error.message[:120]}")
    return made, len(version.package.get("agents") or [])


if __name__ == "__main__":
    main()
