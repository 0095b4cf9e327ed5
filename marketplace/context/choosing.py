"""Which plugins' texts a task gets in full: those that fit it by their words and by their meaning, best first."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import mul
from uuid import UUID

from automatos.llm import embeddings
from marketplace.context.plugin import AssignedPlugin

MOST_TEXTS = 2
# The share of a plugin's telling words that a task has to name before its text is read in full.
LEAST_SHARE = 0.12
# Likeness (the cosine of two vectors) leads, and words add a little; together they reach this at least. Measured by
# `make bench-plugins`: more weight for words chose worse, a higher bar left tasks with nothing.
SHARE_COUNTS, LEAST_SCORE = 0.1, 0.2
LONGEST_TASK, LONGEST_ABOUT = 4_000, 1_200
WORD = re.compile(r"[a-z0-9]{3,}")
COMMON = frozenset(
    (
        *("the", "and", "for", "with", "from", "that", "this", "into", "your", "you", "are", "not", "all", "any"),
        *("how", "what", "when", "where", "which", "who", "why", "can", "may", "use", "uses", "using", "used", "has"),
        *("have", "does", "done", "make", "makes", "made", "get", "gets", "says", "say", "its", "their", "them"),
        *("they", "will", "help", "helps"),
    )
)
Likeness = Mapping[UUID, float]


def chosen(plugins: Sequence[AssignedPlugin], task: str, likeness: Likeness | None = None) -> list[AssignedPlugin]:
    """At most two. likeness: by plugin, how near it is to the task; without it words alone decide."""
    able = [one for one in plugins if one.offer.get("text")]
    wanted = _stems(task)
    scores, least = {one.plugin_id: _share(one, wanted) for one in able}, LEAST_SHARE
    if likeness:
        scores = {key: likeness.get(key, 0.0) + SHARE_COUNTS * share for key, share in scores.items()}
        least = LEAST_SCORE
    fits = [one for one in able if scores[one.plugin_id] >= least]
    return sorted(fits, key=lambda one: -scores[one.plugin_id])[:MOST_TEXTS]


def likeness_of(plugins: Sequence[AssignedPlugin], task: str) -> dict[UUID, float]:
    """How near each plugin is to a task, by this machine's encoder. Takes time: never inside a transaction."""
    able = [one for one in plugins if one.offer.get("text")]
    if not able or not task.strip():
        return {}
    asked = _vector(task[:LONGEST_TASK])
    return {one.plugin_id: math.fsum(map(mul, asked, _vector(about(one)))) for one in able}


def about(one: AssignedPlugin) -> str:
    """What a plugin says of itself, for either way of comparing."""
    parts = [*one.skills, *one.commands]
    texts = [one.slug, str(one.offer.get("summary", "")), *(f"{p.get('name')} {p.get('summary')}" for p in parts)]
    return " ".join(texts)


@lru_cache(maxsize=4096)
def _vector(text: str) -> tuple[float, ...]:
    return tuple(embeddings.embed([text[:LONGEST_ABOUT]])[0])


def _share(one: AssignedPlugin, wanted: set[str]) -> float:
    """How much of a plugin's words is among those wanted."""
    own = _stems(about(one))
    return float(len(own & wanted) / max(1.0, len(own) ** 0.75))


def _stems(text: str) -> set[str]:
    words = (word for word in WORD.findall(text.lower().replace("-", " ")) if word not in COMMON)
    return {re.sub(r"(ings?|ed|es|s|e)$", "", word) if len(word) > 4 else word for word in words}
