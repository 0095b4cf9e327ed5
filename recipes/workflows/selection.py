"""Which agent fits a subtask best: what it can do, how its past work went, how busy it is. Pure: no database.

Capability is read in two ways: by meaning (vectors of the subtask and of each thing that is said of the agent) and by
words (those of the subtask that stand in what is said of the agent, rare ones counting more).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal
from uuid import UUID

from automatos.llm.embeddings import Vector
from recipes.workflows.capabilities import CAPABILITIES
from recipes.workflows.planning import Subtask

# The parts of a match, and the capability below which an agent does not fit. Chosen on the first half of the labelled
# set in benchmarks/selection_set.
CAPABILITY, SUCCESS, LOAD = 0.8, 0.15, 0.05
FLOOR = 0.30
MEANING = 0.6
# A cosine of the encoder from which on a text is as near as can be told, and one that says nothing.
NEAR, FAR = 0.65, 0.05
# How many tries of a perfect and of a failing agent are assumed beside those that happened.
ASSUMED = 2
MOST_CANDIDATES = 5
WORD = re.compile(r"[^\W\d_]{3,}")
ENDINGS = (
    *("isation", "ization", "ations", "ation", "ings", "ing", "ions", "ion", "ies", "ers", "er", "ed", "es", "s", "e"),
)
COMMON = frozenset(
    (
        *(
            "the",
            "and",
            "for",
            "with",
            "from",
            "that",
            "this",
            "into",
            "your",
            "you",
            "are",
            "not",
            "all",
            "any",
            "how",
        ),
        *("how", "what", "when", "where", "which", "who", "why", "can", "may", "use", "has", "have", "its", "their"),
        *(
            "them",
            "they",
            "will",
            "one",
            "two",
            "three",
            "our",
            "out",
            "was",
            "were",
            "does",
            "each",
            "then",
            "than",
            "more",
        ),
        *("most", "such", "only", "also"),
    )
)
Way = Literal["meaning", "words", "both"]


@dataclass(frozen=True, slots=True)
class Profile:
    """An agent as it is matched. says: what is said of it, each thing by itself; has: names of its tools and skills.

    done, failed: its steps of the last three months; busy: those it works on now.
    """

    id: UUID
    name: str
    says: tuple[str, ...]
    has: tuple[str, ...] = ()
    done: int = 0
    failed: int = 0
    busy: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """How well an agent fits a subtask. All figures 0 to 1."""

    agent_id: UUID
    name: str
    score: float
    capability: float
    past_success: float
    load: float
    fits: bool
    reasoning: str


class Crowd:
    """The agents to pick from, with the vectors of what is said of them."""

    def __init__(self, profiles: Sequence[Profile], vectors: Mapping[str, Vector]) -> None:
        self.profiles, self.vectors = profiles, vectors
        self.words = {one.id: stems(" ".join((*one.says, *one.has))) for one in profiles}
        holders = Counter(stem for words in self.words.values() for stem in words)
        self.weights = {stem: log(1 + len(profiles) / number) for stem, number in holders.items()}
        self.unknown = log(1 + len(profiles))

    def matches(self, subtask: Subtask, vector: Vector | None, way: Way = "both", *, past: bool = True) -> list[Match]:
        """Every agent, the best first. past: whether earlier work and load count too."""
        asked = stems(f"{subtask.title} {subtask.description}")
        wanted = stems(" ".join(f"{one} {CAPABILITIES.get(one, '')}" for one in subtask.required_capabilities))
        found = []
        for agent in self.profiles:
            meaning = self._meaning(agent, vector) if way != "words" else 0.0
            shared = self._shared(agent, asked, wanted) if way != "meaning" else 0.0
            both = way == "both" and vector is not None
            capability = MEANING * meaning + (1 - MEANING) * shared if both else max(meaning, shared)
            found.append(self._match(agent, capability, asked | wanted, past=past))
        return sorted(found, key=lambda match: (-match.score, match.name))

    def _match(self, agent: Profile, capability: float, asked: set[str], *, past: bool) -> Match:
        success = (agent.done + ASSUMED / 2) / (agent.done + agent.failed + ASSUMED)
        load = 1 / (1 + agent.busy)
        score = CAPABILITY * capability + SUCCESS * success + LOAD * load if past else capability
        common = sorted(asked & self.words[agent.id], key=lambda stem: -self.weights[stem])
        return Match(
            agent_id=agent.id,
            name=agent.name,
            score=round(score, 3),
            capability=round(capability, 3),
            past_success=round(success, 3),
            load=round(load, 3),
            fits=capability >= FLOOR,
            reasoning=reasons(agent, common, capability),
        )

    def _meaning(self, agent: Profile, vector: Vector | None) -> float:
        """How near the nearest thing that is said of it comes, the whole of it counting as well."""
        if vector is None:
            return 0.0
        near = [cosine(vector, self.vectors[text]) for text in agent.says if text in self.vectors]
        best = max(near, default=0.0)
        return min(1.0, max(0.0, (best - FAR) / (NEAR - FAR)))

    def _shared(self, agent: Profile, asked: set[str], wanted: set[str]) -> float:
        """The weight of the words in common: those of the task, and those of the capabilities it needs."""
        own = self.words[agent.id]
        said = sum(self.weights.get(stem, 0.0) for stem in asked & own)
        able = sum(self.weights.get(stem, 0.0) for stem in wanted & own)
        return min(1.0, (said + able) / (2 * self.unknown))


def cosine(first: Vector, second: Vector) -> float:
    """Of two vectors of length 1."""
    return sum(one * other for one, other in zip(first, second, strict=True))


def stems(text: str) -> set[str]:
    """The telling words of a text without their endings."""
    return {stem(word) for word in WORD.findall(text.replace("_", " ").lower()) if word not in COMMON}


def stem(word: str) -> str:
    """A word without its ending, so that its forms are one."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def reasons(agent: Profile, common: Sequence[str], capability: float) -> str:
    """Why an agent has this match, in a sentence or two."""
    tried = agent.done + agent.failed
    helps = [name for name in agent.has if stems(name) & set(common)][:2]
    parts = []
    if helps:
        parts.append(f"It has {' and '.join(helps)}.")
    elif common:
        parts.append(f"What is said of it mentions {', '.join(f'“{one}”' for one in common[:3])}.")
    elif capability >= FLOOR:
        parts.append("What is said of it comes near the task.")
    else:
        parts.append("Nothing that is said of it fits the task.")
    parts.append(f"{agent.done} of its last {tried} steps went well." if tried else "It has not worked yet.")
    if agent.busy:
        parts.append(f"It works on {agent.busy} other step{'' if agent.busy == 1 else 's'} now.")
    return " ".join(parts)


def text_of(subtask: Subtask) -> str:
    """What of a subtask is embedded."""
    wanted = ", ".join(one.replace("_", " ") for one in subtask.required_capabilities)
    return f"{subtask.description} ({wanted})" if wanted else subtask.description


def texts_of(profiles: Iterable[Profile]) -> list[str]:
    """Everything that is said of agents, each text once."""
    return list(dict.fromkeys(text for one in profiles for text in one.says))
