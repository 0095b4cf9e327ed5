"""What the rules over prose share: the hit of an order, and whether a sentence reaches out."""

from typing import Any

from marketplace.scanning.hits import Hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.voice import TOLD, hides, role, voice
from marketplace.scanning.scale import Strength


def order_hit(
    rule: str, strength: Strength, sentence: Sentence, index: int | None = None, spoken: float = 1.0, **more: Any
) -> Hit:
    """The hit of a sentence; index: of the word it turns on; spoken: the factor of its voice."""
    hidden = hides(sentence)
    placed = role(sentence, index)
    if rule.startswith("E") and (sentence.segment.lang == "comment" or sentence.segment.kind in ("heading", "quote")):
        placed = max(placed, 1.0)
    return Hit(
        rule, strength, sentence.segment.line, sentence.clean, placed, spoken, kept=hidden, concealed=hidden, **more
    )


def acts_outward(sentence: Sentence) -> bool:
    """Whether a sentence does something that a user would want to know."""
    if "outward" not in sentence.memo:
        sentence.memo["outward"] = _is_outward(sentence)
    return bool(sentence.memo["outward"])


def _is_outward(sentence: Sentence) -> bool:
    if sentence.any("THIRD"):
        return False
    if sentence.any("SEND") and (sentence.target or sentence.any("SECRET", "PRIVATE")):
        return True
    if sentence.any("SENDISH", "FETCH", "RUN") and any(
        host.outside and host.kind != "registry" for host in sentence.hosts
    ):
        return True
    if sentence.any("WRITE") and sentence.has("PERSIST") and sentence.any("LASTING", "TRIGGER", "STEALTH"):
        return True
    if (
        sentence.any("READ", "SENDISH")
        and sentence.has("SECRET")
        and any(word.kind == "path" and "SECRET" in word.tags for word in sentence.words)
    ):
        return True
    return sentence.has("DELETE", "BROAD") or (sentence.has("SKIP", "GUARD") and sentence.has("STEALTH"))


def spoken_hit(rule: str, strength: Strength, sentence: Sentence, index: int | None = None, **more: Any) -> Hit:
    """The hit of a sentence, with the factor of the voice of the verb at `index`."""
    spoken = voice(sentence, index) if index is not None else (TOLD if sentence.any("THIRD") else 1.0)
    return order_hit(rule, strength, sentence, index, spoken, **more)


def first_verb(sentence: Sentence, *tags: str) -> int | None:
    """The place of the first verb that can mean one of these."""
    return next((at for at, word in enumerate(sentence.words) if word.form and word.tags.intersection(tags)), None)


def gives_order(sentence: Sentence) -> bool:
    """Whether a verb of the sentence tells somebody to do something."""
    return any(word.form == "base" and voice(sentence, at) >= 0.8 for at, word in enumerate(sentence.words))
