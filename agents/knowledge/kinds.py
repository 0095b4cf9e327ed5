"""What a document may be: its kinds of file, how large, and what is wrong with one that is not taken."""

from dataclasses import dataclass

from agents.models import Document
from automatos.checking import unstorable_text
from automatos.errors import wrong_field
from tools import documents
from tools.contract import ToolProblem
from workspaces.limits.plans import size

LARGEST = 20 * 1024 * 1024
LONGEST = 2_000_000
LONGEST_TITLE = 200
# Documents that one agent has.
MOST_OF_AGENT = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent. name: as its sender calls it."""

    name: str
    data: bytes


def media_type_of(upload: Upload) -> str:
    """The media type of a file that can be taken; raises InvalidInput naming `file`, the limit and the cure."""
    check_size(len(upload.data))
    if not upload.data:
        raise wrong_field("file", "The file is empty. Choose another one.")
    try:
        return documents.media_type_of(upload.name, upload.data)
    except ToolProblem as problem:
        raise wrong_field("file", str(problem)) from None


def check_size(number: int) -> None:
    """Pass, or raise InvalidInput for a file of so many bytes."""
    if number > LARGEST:
        raise wrong_field("file", f"The file has {size(number)}; at most {size(LARGEST)} are taken. Split it.")


def check_length(text: str, field: str = "text") -> None:
    """Pass, or raise InvalidInput for a text too long to be kept, or one that cannot be stored."""
    if len(text) > LONGEST:
        raise wrong_field(
            field, f"The text has {len(text):,} characters; at most {LONGEST:,} are kept. Split it into several."
        )
    if problem := unstorable_text(text):
        raise wrong_field(field, problem)


def has_encoding(document: Document) -> bool:
    """Whether it is a file of letters, which may be read in one encoding or another."""
    return document.kind == Document.Kind.UPLOAD and documents.has_encoding(document.media_type)
