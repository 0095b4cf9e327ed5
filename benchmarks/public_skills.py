"""Loads real repositories of skills the way the product does: `python -m benchmarks.public_skills NAME=FOLDER …`.

Each FOLDER is a bare git repository on this machine, say a mirror of a public one. It is served over HTTPS on loopback,
added as a source, fetched, read and kept in a database that is thrown away. Prints what was found, warnings by kind,
and what all the skills together cost in the prompt.
"""

import argparse
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.models import SkillSource
    from agents.tests.git_kit import GitServer
    from workspaces.models import Workspace

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from automatos.local import servers  # noqa: E402

# What makes two warnings one kind: their words without paths, names and numbers.
PARTICULAR = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|\S*[/\\]\S*|\S+\.\w+(?=\s)|[\d,.]*\d")


def kind(warning: str) -> str:
    """The warning without what is particular in it."""
    return " ".join(PARTICULAR.sub("…", warning).split())


def load(workspace: "Workspace", server: "GitServer", name: str, folder: Path) -> None:
    """Add one repository, fetch it as a worker would, and print what came of it."""
    from agents.skills import source_services as services_skill_sources
    from agents.skills import sync as skill_sync
    from workspaces.scope.tenancy import workspace_scope

    served = f"{name.replace('/', '-')}.git"
    (server.root / served).symlink_to(folder.resolve())
    with workspace_scope(workspace.pk):
        source = services_skill_sources.add_repository(
            workspace=workspace, user=None, url=server.local_url(served), name=name
        )
    began = time.monotonic()
    skill_sync.run_sync(workspace.pk, source.pk)
    seconds = time.monotonic() - began
    with workspace_scope(workspace.pk):
        source.refresh_from_db()
        tell(source, seconds)


def tell(source: "SkillSource", seconds: float) -> None:
    """The source's figures."""
    from agents.skills.rows import as_read, live_rows
    from automatos.skill_format.catalogue import catalogue_text
    from automatos.skill_format.skill import tokens

    if source.error:
        print(f"{source.name}: {source.error} ({seconds:.1f} s)")
        return
    rows = live_rows(source)
    files = sum(row.files.count() for row in rows)
    cost = tokens(catalogue_text([as_read(row) for row in rows]))
    print(
        f"{source.name} at {source.commit_sha[:10]}: {len(rows)} skills, {files} files, {seconds:.1f} s; "
        f"all in the prompt about {cost:,} tokens, the largest body {max(row.body_tokens for row in rows):,}"
    )
    warned = Counter(kind(warning) for row in rows for warning in row.warnings)
    warned.update(kind(warning) for warning in source.warnings)
    for text, number in warned.most_common():
        print(f"  {number:4} x {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", metavar="NAME=FOLDER")
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    served = Path(tempfile.mkdtemp(prefix="automatos-served-"))
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        from agents.tests.git_kit import git_server
        from automatos.private_hosts import parse
        from recipes.tests.kit import Cast
        from workspaces.scope.tenancy import Purpose, system_scope

        with system_scope(Purpose.OPERATOR):
            workspace = Cast().workspace
        with git_server(served) as server:
            settings.OUTSIDE_PRIVATE_HOSTS, settings.GIT_CA_FILE = parse([f"localhost:{server.port}"]), server.ca_file
            for one in options.repositories:
                name, _, folder = one.partition("=")
                load(workspace, server, name, Path(folder))
    finally:
        connections.close_all()
        held.release()
        for folder in (DATA, served):
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
