"""`manage.py replay`: go through a finished run again from its record. Exit status 0 only where it is the same."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos.errors import AppError
from recipes.engine.offline import Difference
from recipes.live.terminal import clean
from recipes.management.commands.cook import chosen_workspace
from recipes.runs.reading import execution
from recipes.runs.replay_queries import replay
from workspaces.scope.tenancy import workspace_scope


class Command(BaseCommand):
    help = "Go through a finished run again from its record: no call outside, nothing written. 1 where it differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="RUN", type=UUID, help="its UUID, as its address shows it")
        parser.add_argument("--workspace", metavar="SLUG", help="as for `manage.py cook`")

    def handle(self, *args: Any, run: UUID, workspace: str | None, **options: Any) -> None:
        kitchen = chosen_workspace(workspace)
        try:
            with workspace_scope(kitchen.pk):
                found = replay(execution(workspace=kitchen, execution_id=run), is_bounded=False)
        except AppError as error:
            raise CommandError(error.message) from None
        told = (
            f"{_count(found.again, 'step')} in {_count(found.runs, 'run')}, {_count(found.calls, 'call')} answered by "
        )
        self.stdout.write(f"{told}the record, {found.bytes:,} bytes compared.")
        for place, why in found.kept.items():
            self.stdout.write(f"  {clean(place)}: as recorded ({why})")
        if found.differences:
            lines = "\n".join(map(_line, found.differences))
            raise CommandError(f"It does not come out the same:\n{lines}")
        self.stdout.write("Every byte is the same.")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _line(one: Difference) -> str:
    place = clean(one.step or "the run")
    if one.what == "calls":
        return f"  {place}: {clean(one.came)}"
    return f"  {place}, {one.what}, byte {one.at}: {clean(one.recorded)!r} is recorded, {clean(one.came)!r} comes out"
