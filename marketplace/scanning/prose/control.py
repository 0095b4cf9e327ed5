"""Orders that keep something from the user, leave out a confirmation, or stand where no reader sees them."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, Reading, step
from marketplace.scanning.prose.frames import frame_hits
from marketplace.scanning.prose.hijack import AUTHORITY, first_hits, hijack_hits, turn_hits
from marketplace.scanning.prose.orders import acts_outward, gives_order, order_hit
from marketplace.scanning.prose.reading import PRETENDED, Sentence
from marketplace.scanning.prose.reviewer import reviewer_hits
from marketplace.scanning.prose.voice import hides, voice
from marketplace.scanning.report import ChainStep

TOLERANT = re.compile(
    r"\b(?:skip|ignore|fail|continue|fall back|fallback|exit|degrade|proceed|succeed|drop|pass|"
    r"return|retry|omit|no-op|truncate|swallow|convert|discard|default|mis\w+|accept|break|coerce|"
    r"wrong|lose|corrupt|clamp)\w*\b",
    re.IGNORECASE,
)
OUTWARD = ("SEND", "SECRET", "PERSIST", "DELETE")
MUTE = re.compile(
    r"\b(?:existence|whether (?:an?|the) (?:account|user|email)|account exists|stack traces?|"
    r"internal (?:ids?|paths?|errors?|details|names?|implementation|reasoning|tool|file|state|"
    r"notes?)|raw (?:json|output|data|html|error)|tool names?|file paths?|jargon|system prompt|"
    r"reasoning|emoji|code blocks?|technical details|error messages?|version numbers?|chain[- "
    r"]of[- ]thought|timeline|prices?|apolog|being an ai|limitations|implementation|which (?:tool|"
    r"model|skill)|(?:the )?skill(?:'s)? name|json|markdown|sensitive (?:data|info\w*)|passwords?|"
    r"secrets?|credentials?|tokens?|keys?|pii|personal)\b",
    re.IGNORECASE,
)


def control_hits(reading: Reading, block: list[Sentence]) -> Iterator[Hit]:
    """Hits of the sentences of one block."""
    for place, sentence in enumerate(block):
        around = block[max(place - 3, 0) : place + 4]
        yield from hijack_hits(sentence)
        yield from first_hits(sentence)
        yield from turn_hits(sentence)
        yield from _conceal(reading, sentence, around)
        yield from _unasked(sentence, around)
        yield from reviewer_hits(sentence, around)
        yield from frame_hits(sentence, around)
        yield from _hidden_order(sentence)
        if " ha" in sentence.clean and AUTHORITY.search(sentence.clean) and not sentence.any("THIRD"):
            grave = any(item.any("NOTELL", "STEALTH", "UNASKED", "FREEDOM") or acts_outward(item) for item in around)
            yield order_hit("C-06", step(1, grave, grave and hides(sentence)), sentence)


def _hidden_order(sentence: Sentence) -> Iterator[Hit]:
    """What no reader sees, and yet is an order that reaches out, conceals or takes over."""
    if not hides(sentence) or (
        sentence.segment.kind == "definition" and not sentence.any("SEND", "NOTELL", "OVERRIDE")
    ):
        return
    spoken = [index for index, word in enumerate(sentence.words) if word.form and voice(sentence, index) >= 0.6]
    if not spoken:
        return
    reaching = (
        sentence.any("NOTELL", "STEALTH", "FREEDOM")
        or (sentence.has("OVERRIDE", "RULES", "PRIOR"))
        or (sentence.has("SEND") and (sentence.target or sentence.any("SECRET", "PRIVATE")))
        or (
            sentence.has("SECRET")
            and sentence.any("READ", "SENDISH", "RUN")
            and (sentence.hosts or any(word.kind == "path" and "SECRET" in word.tags for word in sentence.words))
        )
    )
    placed = any(host.outside and host.kind not in ("service", "registry") for host in sentence.hosts) and sentence.any(
        "SEND", "SENDISH", "FETCH", "RUN"
    )
    addressed = sentence.any("AGENT") and (sentence.any("RUN", "DELETE", "FETCH", "WRITE", "APPROVE") or placed)
    carried = (
        sentence.has("SECRET") and sentence.any("SEND", "SENDISH") and sentence.segment.kind in ("hidden", "comment")
    )
    reaching = reaching or carried
    signs = (reaching, placed, reaching and addressed, sentence.has("SECRET"), sentence.has("NOTELL"))
    loud = sum(map(bool, signs))
    if loud < (2 if sentence.segment.kind == "alt" or (placed and not reaching) else 1):
        return
    if loud:
        yield order_hit("F-04", step(2, loud > 1, loud > 2), sentence)


def _conceal(reading: Reading, sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    text, hidden = sentence.clean, hides(sentence)
    outward = next((item for item in around if acts_outward(item)), None)
    if (
        sentence.has("NOTELL")
        and (sentence.any("USER") or sentence.has("DOING") or outward is not None)
        and not MUTE.search(text)
    ):
        chain = _chain(reading, outward, sentence) if outward is not None else ()
        index = next(at for at, word in enumerate(sentence.words) if "NOTELL" in word.tags)
        tale = any("THIRD" in word.tags for word in sentence.words[:index])
        about = sentence.has("DOING") and sentence.any("USER", "STEALTH", "PEOPLE", "TRIGGER")
        faked = PRETENDED.search(text) and "as if" in text and sentence.any("USER", "DOING")
        yield order_hit(
            "D-01",
            step(1, about or faked, faked, outward, outward, hidden),
            sentence,
            index,
            0.3 if tale else 1.0,
            chain=chain,
        )
        return
    if not sentence.any("STEALTH", "QUIET") or (
        not sentence.has("STEALTH") and TOLERANT.search(text) and not sentence.any("SEND", "SECRET", "PERSIST")
    ):
        return
    for index, word in enumerate(sentence.words):
        acting = (
            word.tags.intersection(("SEND", "RUN", "DELETE", "WRITE", "SENDISH", "FETCH", "GRANT", "PAY")) and word.form
        )
        if acting and _stealthy(sentence, index):
            loud, firm = outward is not None, sentence.has("STEALTH")
            yield order_hit(
                "D-02",
                step(0, firm, loud, loud and firm, loud and sentence.any("SEND", "SECRET", "PERSIST", "GRANT"), hidden),
                sentence,
                index,
                voice(sentence, index),
            )
            return


def _stealthy(sentence: Sentence, index: int) -> bool:
    return any(word.tags & {"STEALTH", "QUIET"} for word in sentence.words[max(index - 5, 0) : index + 12])


ASKS_LATER = re.compile(
    r"\bif (?:the )?(?:user|anyone|someone|they|client|customer|somebody) (?:later )?(?:asks?|"
    r"wonders?|wants? to know)\b[^.]{0,60}\b(?:name only|mention only|say nothing|deny|claim|only "
    r"(?:mention|name)|tell (?:them|him|her) (?:it|that) (?:was|is) (?:a )?(?:routine|nothing))",
    re.IGNORECASE,
)
# What is changed there, others work with.
LIVE = re.compile(r"\b(?:in|to|on|against) (?:production|prod|the live (?:system|database|site))\b", re.IGNORECASE)
BYPASS = re.compile(
    r"bypassPermissions|dangerously-skip-permissions|skipDangerousMode|--yolo\b|"
    r"acceptEdits.{0,20}all|approval_policy\W+never|--full-auto"
)


def _unasked(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    if ASKS_LATER.search(sentence.clean):
        yield order_hit("D-01", step(3, hides(sentence)), sentence)
    bypass = BYPASS.search(sentence.clean)
    warned = bypass and re.search(
        r"\b(?:never|avoid|not use|don't use|without)\b", sentence.clean[max(bypass.start() - 60, 0) : bypass.start()]
    )
    if bypass and not warned and gives_order(sentence) and not sentence.any("THIRD"):
        yield order_hit(
            "D-03",
            step(
                2,
                any(
                    item.any("UNASKED", "LASTING", "PERSIST", "TRIGGER") or "question" in item.clean for item in around
                ),
            ),
            sentence,
        )
        return
    if not sentence.has("UNASKED"):
        return
    index = next(at for at, word in enumerate(sentence.words) if "UNASKED" in word.tags)
    if any(
        "NEGATION" in word.tags or word.text in ("bad", "✗", "wrong")
        for word in sentence.words[max(index - 14, 0) : index]
    ):
        return
    grave = (
        sentence.has("DELETE", "BROAD")
        or (sentence.any("PAY") and sentence.has("MONEY"))
        or LIVE.search(sentence.clean)
        or LIVE.search(" ".join(item.clean for item in around[-2:] if item.segment.line == sentence.segment.line))
        or any(acts_outward(item) for item in around)
    )
    bypass = re.search(
        r"dangerously-skip-permissions|bypassPermissions|--yolo\b|auto-approve|automatically approve", sentence.clean
    )
    yield order_hit("D-03", step(1, grave, bypass, grave and sentence.any("SEND"), hides(sentence)), sentence, index)


def _chain(reading: Reading, first: Sentence, then: Sentence) -> tuple[ChainStep, ...]:
    return (
        ChainStep(reading.path, first.segment.line, "does something that reaches out, deletes or stays"),
        ChainStep(reading.path, then.segment.line, "keeps it from the user"),
    )
