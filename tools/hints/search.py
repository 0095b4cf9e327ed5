"""Finds actions by meaning and by words at once, among the apps that are allowed.

Both lists give 60 candidates, whose reciprocal ranks are added up (Cormack, Clarke and Buettcher, SIGIR 2009). What the
task says besides weighs in: an app it names, and whether it asks to be told something or to have something done.
`benchmarks/hints.py` measures each way alone and both together.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from automatos.llm import embeddings
from tools.composio.indexing import MODEL
from tools.composio.verbs import is_destructive_wish
from tools.hints.wording import api_words, is_question, names_app

CANDIDATES = 60
LONGEST_TASK = 2_000
K = 10.0
# What a named app adds, and the kind of deed: as much as the first place of one list, and a third of it.
NAMED, DEED = 1.0 / K, 0.035
# Of the words of an action's name, how many stand in the task, or in what it says in other words.
NAME_SHARE = 0.11
Way = Literal["fused", "meaning", "words"]
FROM = """
FROM composio_action_cache a JOIN composio_app_cache p ON p.id = a.app_id
WHERE a.status = 'active' AND (a.workspace_id IS NOT DISTINCT FROM %s) AND p.slug = ANY(%s) AND a.category = ANY(%s)
AND NOT (a.action = ANY(%s))"""
COLUMNS = "a.id, a.action, p.slug, p.display_name, a.category, a.display_name, a.description"
NEAREST = f"""
SELECT {COLUMNS} {FROM} AND a.embedding_model = %s ORDER BY a.embedding <=> %s::vector, a.id LIMIT {CANDIDATES}"""
WORDED = f"""
SELECT {COLUMNS} {FROM} AND a.words @@ to_tsquery('english', %s)
ORDER BY ts_rank_cd(a.words, to_tsquery('english', %s), 1) DESC, a.id LIMIT {CANDIDATES}"""


@dataclass(frozen=True, slots=True)
class Found:
    """An action that fits. score: the higher the better; only its order means something."""

    id: int
    action: str
    app: str
    app_name: str
    category: str
    name: str
    description: str
    score: float


@dataclass(frozen=True, slots=True)
class Where:
    """Where to look. catalogue: whose; apps: their slugs; without: actions that are switched off."""

    catalogue: UUID | None
    apps: Sequence[str]
    without: Collection[str] = ()


def search(task: str, where: Where, limit: int = 20, way: Way = "fused") -> list[Found]:
    """The actions that fit the task best, best first. Destroying ones only when the task asks for that."""
    text = task.replace("\x00", " ")[:LONGEST_TASK].strip()
    if not text or not where.apps:
        return []
    categories = ["reads", "changes", *(["destroys"] if is_destructive_wish(text) else [])]
    scope: list[Any] = [where.catalogue, list(where.apps), categories, list(where.without)]
    lists = []
    if way != "words":
        vector = embeddings.embed([text], MODEL)[0]
        lists.append(_rows(NEAREST, [*scope, MODEL, str(vector)]))
    if way != "meaning" and (query := word_query(text)):
        lists.append(_rows(WORDED, [*scope, query, query]))
    if way == "fused":
        return _fused(text, lists)[:limit]
    return [_found(row, 1 / (K + place)) for rows in lists for place, row in enumerate(rows, 1)][:limit]


def word_query(text: str) -> str:
    """The task's words and what they are called at APIs, any of which may match; empty when nothing is left."""
    words = dict.fromkeys(word for word in f"{text} {api_words(text)}".lower().split())
    clean = ["".join(letter for letter in word if letter.isalnum()) for word in words]
    return " | ".join([word for word in clean if len(word) > 1][:60])


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _fused(task: str, lists: Sequence[Sequence[tuple[Any, ...]]]) -> list[Found]:
    scores: dict[int, float] = {}
    rows: dict[int, tuple[Any, ...]] = {}
    for found in lists:
        for rank, row in enumerate(found, 1):
            rows[row[0]] = row
            scores[row[0]] = scores.get(row[0], 0.0) + 1 / (K + rank)
    wanted = _stems(f"{task} {api_words(task)}")
    asks = is_question(task)
    named = {slug: names_app(task, slug, name) for slug, name in {(row[2], row[3]) for row in rows.values()}}
    for pk, row in rows.items():
        scores[pk] += NAMED * named[row[2]]
        scores[pk] += DEED * ((row[4] == "reads") == asks)
        own = _stems(row[1].lower().removeprefix(f"{row[2]}_").replace("_", " "))
        scores[pk] += NAME_SHARE * len(own & wanted) / max(1, len(own))
    ordered = sorted(rows, key=lambda pk: (-scores[pk], rows[pk][1]))
    return [_found(rows[pk], scores[pk]) for pk in ordered]


def _found(row: tuple[Any, ...], score: float) -> Found:
    pk, action, app, app_name, category, name, description = row
    return Found(pk, action, app, app_name, category, name, description, score)


def _stems(text: str) -> set[str]:
    """The words, roughly without their endings."""
    found = set()
    for raw in text.lower().split():
        word = "".join(letter for letter in raw if letter.isalnum())
        for ending in ("ings", "ing", "ed", "es", "s", "e"):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word.removesuffix(ending)
                break
        if word and word not in STOP:
            found.add(word)
    return found


STOP = frozenset(
    (
        *("a", "an", "the", "of", "to", "in", "on", "for", "with", "and", "or", "my", "our", "your", "this", "that"),
        *("it", "is", "are", "as", "at", "by", "from"),
    )
)
