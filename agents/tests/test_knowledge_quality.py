"""How well passages are found on a small labelled set: by meaning, by words, and by both together."""

import time
from dataclasses import dataclass

import pytest

from agents import knowledge_ingest, knowledge_search
from agents.knowledge_search import Way
from agents.models import Document
from agents.tests.retrieval_set import PASSAGES, QUESTIONS
from workspaces.models import User, Workspace
from workspaces.services import create_workspace

pytestmark = pytest.mark.django_db

WAYS: tuple[Way, ...] = ("meaning", "words", "fused")


@dataclass
class Score:
    """first, fifth: share of questions whose passage came first, or among five; mrr: mean of 1 / place."""

    first: float
    fifth: float
    mrr: float


@pytest.fixture
def handbook() -> Workspace:
    """The set as one document: a passage under each heading."""
    owner = User.objects.create_user("hanna@example.org")
    workspace = create_workspace(name="Norwind", owner=owner)
    text = "\n\n".join(f"# {heading}\n{passage}" for heading, passage in PASSAGES.values())
    document = Document.objects.create(workspace=workspace, title="Handbook", kind="paste", text=text)
    knowledge_ingest.run_read(workspace.pk, document.pk)
    document.refresh_from_db()
    assert (document.status, document.chunk_count) == ("ready", len(PASSAGES)), document.error
    return workspace


def measured(workspace: Workspace, way: Way) -> Score:
    scope = knowledge_search.scope_of(workspace.pk)
    places = []
    for key, question in QUESTIONS:
        hits = knowledge_search.search(scope, knowledge_search.asked(question, scope), 20, way)
        found = [hit.text for hit in hits]
        right = PASSAGES[key][1].replace(". ", ".\n")
        places.append(found.index(right) + 1 if right in found else None)
    number = len(places)
    return Score(
        sum(place == 1 for place in places) / number,
        sum(place is not None and place <= 5 for place in places) / number,
        sum(1 / place for place in places if place) / number,
    )


def test_meaning_and_words_together_find_at_least_what_either_finds(handbook: Workspace) -> None:
    assert (len(PASSAGES), len(QUESTIONS)) == (70, 60)
    started = time.monotonic()
    scores = {way: measured(handbook, way) for way in WAYS}
    print(f"\n{len(QUESTIONS)} questions, {len(PASSAGES)} passages, {time.monotonic() - started:.1f} s for three ways")
    for way, score in scores.items():
        print(f"{way:8} recall@1 {score.first:.3f}  recall@5 {score.fifth:.3f}  MRR {score.mrr:.3f}")
    fused = scores["fused"]
    assert fused.fifth >= max(scores["meaning"].fifth, scores["words"].fifth)
    assert fused.fifth >= 0.9
