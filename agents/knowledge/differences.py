"""What another reading changed about a document: passages and characters, before and now."""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from django.utils import timezone

from agents.knowledge.chunks import Passage
from agents.models import Chunk, Document


class Change(TypedDict):
    """at: ISO time. Passages are told apart by heading and text; characters are those of the whole text."""

    at: str
    passages_before: int
    passages_added: int
    passages_removed: int
    passages_kept: int
    characters_before: int
    characters_now: int


def change_of(document: Document, text: str, passages: Sequence[Passage]) -> Change | None:
    """The difference to the text that the document has so far; None where it was never read before."""
    if not document.chunk_count:
        return None
    rows = Chunk.objects.filter(document_id=document.pk).values_list("heading", "text")
    before = Counter(rows.iterator())
    now = Counter((passage.heading, passage.text) for passage in passages)
    kept = (before & now).total()
    return Change(
        at=timezone.now().isoformat(),
        passages_before=before.total(),
        passages_added=now.total() - kept,
        passages_removed=before.total() - kept,
        passages_kept=kept,
        characters_before=len(document.text),
        characters_now=len(text),
    )
