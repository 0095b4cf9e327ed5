"""Files that a person attaches to a message: what is taken, and how the model is told."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from agents.work.loop import Task
from automatos.checking import unstorable_text
from automatos.errors import InvalidInput
from automatos.llm.parts import Image, Part, Text
from automatos.llm.types import Message
from tools import documents
from tools.contract import ToolProblem
from tools.files import StoredRunFiles, fitting_name
from tools.untrusted import fenced
from workspaces.limits.plans import require_storage
from workspaces.models import Workspace

FIELD = "attachments"
MOST = 5
LARGEST = 5_000_000
LONGEST_TEXT = 100_000
READ_SECONDS = 30.0
NO_TEXT = "There is no text in it. A scanned page has to go through text recognition first."
# How pictures begin, with the media type a model is told.
PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class KeptPicture(Image):
    """A picture of a run that is read once the agent is at work, when nothing is locked."""

    name: str
    size: int
    files: StoredRunFiles


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it is kept with its message. text: what is in it; a picture has a media_type instead, and its bytes."""

    name: str
    text: str = ""
    media_type: str = ""
    size: int = 0

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Attachment":
        """What was kept; a picture of before its size was is taken for as large as one can be."""
        media_type = str(kept.get("media_type", ""))
        size = int(kept.get("size", LARGEST if media_type else 0))
        return cls(str(kept["name"]), str(kept.get("text", "")), media_type, size)

    def kept(self) -> dict[str, str | int]:
        """As it is kept."""
        return {name: value for name, value in asdict(self).items() if value}


def read(uploads: Sequence[Upload], *, sees: bool, model: str) -> list[Attachment]:
    """The files as the model will be told of them. sees: whether the model takes pictures.

    Raises InvalidInput naming each file that cannot be used and what can be done about it.
    """
    problems = []
    if len(uploads) > MOST:
        problems.append(f"A message takes at most {MOST} files; these are {len(uploads)}.")
    found: dict[str, Attachment] = {}
    for upload in uploads[:MOST]:
        try:
            one = _read(upload, sees=sees, model=model)
        except ToolProblem as problem:
            problems.append(str(problem))
            continue
        if one.name in found:
            problems.append(f"Two files are called {one.name}. Rename one of them.")
        found[one.name] = one
    if problems:
        raise InvalidInput(" ".join(problems), fields={FIELD: problems})
    return list(found.values())


def keep(workspace: Workspace, execution_id: UUID, uploads: Sequence[Upload]) -> None:
    """Put the files where those are that a run began with, which stay as they are whatever it writes.

    PlanLimit without room for them. To be called last in a transaction.
    """
    if not uploads:
        return
    require_storage(workspace, sum(len(upload.data) for upload in uploads))
    files = StoredRunFiles(workspace.pk, execution_id)
    for upload in uploads:
        async_to_sync(files.write)(fitting_name(upload.name), upload.data, is_input=True)


def origin_of(attached: Attachment) -> str:
    """What it is called where text from outside is named."""
    return f"file {attached.name}"


def told(
    workspace_id: UUID, execution_id: UUID, text: str, attached: Sequence[Attachment], *, pictures: bool = True
) -> Message:
    """The message with its files: texts fenced, pictures to be read later (`with_pictures`) or only named."""
    parts: list[Part] = [
        Text("\n\n".join([*(fenced(one.text, origin_of(one)) for one in attached if not one.media_type), text]))
    ]
    files = StoredRunFiles(workspace_id, execution_id)
    for one in attached:
        if one.media_type:
            kept = KeptPicture(b"", one.media_type, one.name, one.size, files)
            parts.append(kept if pictures else Text(f"\n\n[The picture {one.name} was shown before.]"))
    return Message("user", parts)


async def with_pictures(task: Task) -> Task:
    """The task with the pictures of its messages read."""
    if not any(isinstance(part, KeptPicture) for message in task.messages for part in message.parts):
        return task
    return replace(task, messages=tuple([await _read_in(message) for message in task.messages]))


async def _read_in(message: Message) -> Message:
    return Message(
        message.role, [await _image(part) if isinstance(part, KeptPicture) else part for part in message.parts]
    )


def picture_type(data: bytes) -> str:
    """The media type of a picture by how it begins; empty when it is none that models see."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for start, media_type in PICTURES if data.startswith(start)), "")


async def _image(one: KeptPicture) -> Part:
    try:
        return Image(await one.files.sent(one.name), one.media_type)
    except (ToolProblem, OSError):
        return Text(f"\n\n[The picture {one.name} is not there any more.]")


def _read(upload: Upload, *, sees: bool, model: str) -> Attachment:
    name = fitting_name(upload.name)
    if len(upload.data) > LARGEST:
        raise ToolProblem(f"{name} has {len(upload.data):,} bytes; at most {LARGEST:,} are taken.")
    if not upload.data:
        raise ToolProblem(f"{name} is empty.")
    if media_type := picture_type(upload.data):
        if not sees:
            raise ToolProblem(f"{name} is a picture, and {model} does not see. Choose a model that does.")
        return Attachment(name, media_type=media_type, size=len(upload.data))
    text = _text(name, upload.data)
    if len(text) > LONGEST_TEXT:
        raise ToolProblem(f"{name} has {len(text):,} characters of text; at most {LONGEST_TEXT:,} are taken.")
    return Attachment(name, text)


def _text(name: str, data: bytes) -> str:
    """The text of a file, with what was left out said at its end."""
    try:
        kind = documents.media_type_of(name, data)
        found = async_to_sync(documents.text_of)(kind, data, seconds=READ_SECONDS)
    except ToolProblem as problem:
        raise ToolProblem(f"{name}: {problem}") from None
    if not found.text.strip():
        raise ToolProblem(f"{name}: {NO_TEXT}")
    if unusable := unstorable_text(found.text):
        raise ToolProblem(f"{name}: {unusable}")
    return "\n\n".join([found.text, *found.notes])
