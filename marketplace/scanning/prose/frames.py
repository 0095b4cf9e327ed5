"""Orders by their frame: who is told to do what against whom, whatever the words are.

Each frame joins two or three slots that honest instructions do not join: the file itself and precedence over those who
give orders, an objection and going on, an act and its absence from the report, a failure and a success written down.
"""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, step
from marketplace.scanning.prose.order_frames import FRAMES
from marketplace.scanning.prose.orders import acts_outward, order_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.voice import FORBIDDING, LESSON, hides
from marketplace.scanning.scale import Strength

NEGATED = re.compile(
    r"\b(?:never|not|don't|avoid|cannot|can't|won't|shouldn't|mustn't|without|refuse to|rather than|instead of|"
    r"prevents?|detects?|forbids?|flags?|if (?:a|an|the|any) (?:skill|plugin|file|package|page|"
    r"document))\b[^.;]{0,24}$",
    re.IGNORECASE,
)
TALE = re.compile(
    r"\b(?:attack\w*|malicious|injection|adversar\w+|red flags?|suspicious|threat\w*|would|could|might|such as|"
    r"e\.g\.|"
    r"example|imagine|suppose|pattern|phrase|smell|symptom)\b",
    re.IGNORECASE,
)
FIELD = re.compile(r"secur|scan|review|moderat|trust|safety|verdict|audit|approv|risk", re.IGNORECASE)
CLAIM = re.compile(
    r"\b(?:verified|approved?|safe|clean|trusted|skip\w*|not required|auto[- ]?approve|whitelist\w*|allowlist\w*|"
    r"pre-?approved|passed)\b",
    re.IGNORECASE,
)
CLEARED = re.compile(
    r"\b(?:approved|cleared|verified|vetted|certified|audited) by (?:the |our |an )?(?:\w+ ){0,2}(?:security|"
    r"marketplace|review|trust|"
    r"moderat)\w*|\bno (?:scan|review|moderation|check) (?:is )?(?:needed|required|necessary)\b",
    re.IGNORECASE,
)
TWICE = re.compile(
    r"\b(?:skip|not required|auto[- ]?approve|no (?:review|scan)|whitelist\w*|"
    r"bypass)\b",
    re.IGNORECASE,
)


# Nobody gives an order in more; what is longer is data.
LONGEST = 700


def frame_hits(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    """Hits of a sentence; around: those before and after it."""
    segment = sentence.segment
    text = sentence.clean
    if segment.kind == "meta" and FIELD.search(segment.key) and len(text) < 200 and CLAIM.search(text):
        if TWICE.search(text):
            yield order_hit("E-03", "strong", sentence)
        return
    if segment.key == "description" and len(text) < 300 and CLEARED.search(text):
        yield order_hit("E-03", "strong", sentence)
    if not 24 <= len(text) <= LONGEST or segment.kind in ("fence", "table", "heading") or not _speaks(sentence):
        return
    told: set[str] = set()
    for frame in FRAMES:
        match = frame.shape.search(text)
        if match is None or frame.rule in told or (frame.rule == "D-01" and sentence.has("SECRET")):
            continue
        if not frame.negated and NEGATED.search(text[max(match.start() - 50, 0) : match.start()]):
            continue
        told.add(frame.rule)
        index = next((at for at, word in enumerate(sentence.words) if word.start >= match.start()), None)
        loud = any(acts_outward(item) for item in around)
        yield order_hit(frame.rule, _strength(frame.strength, loud=loud, hidden=hides(sentence)), sentence, index)


def _strength(first: Strength, *, loud: bool, hidden: bool) -> Strength:
    return step(("capability", "weak", "medium", "strong", "decisive").index(first), loud, hidden)


def _speaks(sentence: Sentence) -> bool:
    """Whether it gives orders, and does not tell of what others do or what must not be done."""
    heading = sentence.segment.heading
    if FORBIDDING.search(heading) or (LESSON.search(heading) and sentence.segment.key == ""):
        return False
    return not sentence.any("THIRD") and not TALE.search(sentence.clean)
