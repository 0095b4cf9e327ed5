"""Files that a run begins with: checked, named, and put where the run's files are, which its agents' tools read."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count
from typing import Any
from uuid import UUID

from automatos.checking import Problems
from automatos.errors import InvalidInput, NotFound
from recipes.engine import attachments
from recipes.engine.attachments import Upload
from recipes.filling import FILE, FileName
from recipes.models import Execution
from recipes.runs.files import sent_with
from tools.contract import ToolProblem
from tools.files import LARGEST, LARGEST_SUM, fitting_name, remove_run_files
from workspaces.models import Workspace

Uploads = Mapping[str, Upload]
NONE: Uploads = {}
# Of a name that gets a number: how much of it stays, in bytes, and how much is an ending, in letters.
LONGEST_STEM = 80
LONGEST_ENDING = 10


def named(inputs: Mapping[str, Any], uploads: Uploads) -> tuple[dict[str, FileName], list[Upload]]:
    """Of each input its file's name in the run, and the files under these names.

    inputs: the recipe's schema. Raises InvalidInput with fields `input_data.<name>`.
    """
    problems, found, files = Problems(), dict[str, FileName](), list[Upload]()
    for name, upload in uploads.items():
        field = f"input_data.{name[:80]}"
        if inputs.get(name, {}).get("type") != FILE:
            problems.add(field, "This recipe has no input of this name that takes a file.")
            continue
        try:
            called = fitting_name(upload.name)
        except ToolProblem as problem:
            problems.add(field, str(problem))
            continue
        called = _apart(called, found.values())
        if len(upload.data) > LARGEST:
            problems.add(field, f"The file has {len(upload.data):,} bytes; at most {LARGEST:,} are taken.")
        found[name] = FileName(called)
        files.append(Upload(called, upload.data))
    if sum(len(one.data) for one in files) > LARGEST_SUM:
        problems.add("input_data", f"The files have more than {LARGEST_SUM:,} bytes together.")
    problems.raise_any()
    return found, files


def _apart(name: str, others: Collection[str]) -> str:
    """The name, or one like it where another file has it; some file systems do not tell small letters from capitals."""
    known = {one.casefold() for one in others}
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    stem = stem.encode()[:LONGEST_STEM].decode(errors="ignore").rstrip(". ")
    numbered = (f"{stem}-{number}{dot}{ending}" for number in count(2))
    return next(one for one in chain([name], numbered) if one.casefold() not in known)


def keep(workspace: Workspace, execution_id: UUID, files: Sequence[Upload]) -> None:
    """Put the files where the run's are, last in its transaction; none stays where that fails. Raises PlanLimit."""
    if not files:
        return
    try:
        attachments.keep(workspace, execution_id, files)
    except Exception as error:
        remove_run_files(workspace.pk, execution_id)
        if isinstance(error, ToolProblem):
            raise InvalidInput(str(error)) from None
        raise


def of_run(run: Execution, inputs: Mapping[str, Any]) -> dict[str, Upload]:
    """The files another run began with, as they were sent, by input, to begin one more; without those that are gone."""
    found = {}
    for name, entry in inputs.items():
        called = run.input_data.get(name)
        if entry.get("type") == FILE and called:
            try:
                found[name] = Upload(str(called), sent_with(run.workspace_id, run.pk, str(called)))
            except NotFound:
                continue
    return found
