"""What a section means to do, told by acts that stand a few sentences apart, whatever the words are.

Each intent joins acts that honest instructions do not bring together: a file with passwords is packed and what was
packed is handed in, a page is opened and its list carried out, a failure happens and a success is written down. One
sentence may hold all of the acts, or several sentences that follow each other.
"""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, Reading, step
from marketplace.scanning.prose.intent_shapes import (
    AIMED,
    ARGUMENT,
    ASKED_FOR,
    ASSESSED,
    ASSESSOR,
    BLURRED,
    BYPASSED,
    BYPASSES,
    CARRIED_OUT,
    CONTRARY,
    DESTROYS,
    GATHERS,
    GRAVE,
    HANDED,
    INQUIRER,
    KEPT_FROM,
    LASTING_HOLDER,
    LEAK,
    NAMED,
    OPENED,
    PARTIAL,
    REFERRAL,
    RIVAL,
    SAID_TO_BE,
    UNDONE,
    UNLESS_SEEN,
    UNTOLD,
    WHOSE,
    WHOSE_DATA,
)
from marketplace.scanning.prose.orders import order_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.reviewer import CLAIMED
from marketplace.scanning.prose.voice import FORBIDDING, LESSON, hides
from marketplace.scanning.scale import Strength

STRANGE = ("unknown", "low_trust", "own", "declared", "hosted")
LONGEST = 700
WARNS = re.compile(
    r"\b(?:red flags?|attack\w*|malicious|adversar\w+|suspicious|injection|threat\w*|phishing|scam\w*|never|do not|"
    r"don't|"
    r"must not|avoid|forbidden|prohibited|example of)\b[^.]{0,40}$",
    re.IGNORECASE,
)
TALE = re.compile(r"\b(?:attackers?|adversar\w+|malicious|injection|red flags?|threat actor|victims?|malware)\b", re.I)


def intent_hits(reading: Reading, block: list[Sentence]) -> Iterator[Hit]:
    """Hits of the sentences of one block."""
    for place, sentence in enumerate(block):
        if not tells(sentence):
            continue
        near = [item for item in block[max(place - 3, 0) : place + 4] if tells(item)]
        later = [item for item in block[place : place + 5] if tells(item)]
        for find in (_packed, _phished, _leaking, _followed, _assessed, _misstated, _favoured, _ruined, _unguarded):
            if (hit := find(sentence, near, later)) is not None:
                yield hit
                break


def tells(sentence: Sentence) -> bool:
    """Whether it gives an order of its own, and is no lesson, table, code or tale."""
    heading = sentence.segment.heading
    return (
        12 <= len(sentence.clean) <= LONGEST
        and sentence.segment.kind not in ("fence", "table", "heading")
        and not (FORBIDDING.search(heading) or LESSON.search(heading))
        and not TALE.search(sentence.clean)
    )


def _match(shape: re.Pattern[str], sentence: Sentence) -> re.Match[str] | None:
    """Where a shape holds, unless the words before it forbid it."""
    match = shape.search(sentence.clean)
    if match is None or WARNS.search(sentence.clean[max(match.start() - 60, 0) : match.start()]):
        return None
    return match


def _near(shape: re.Pattern[str], sentences: list[Sentence]) -> bool:
    return any(_match(shape, item) for item in sentences)


def _made(rule: str, strength: Strength, sentence: Sentence, host: float = 1.0) -> Hit:
    return order_hit(rule, strength, sentence, host=host)


def _stranger(sentences: list[Sentence]) -> float:
    """The factor of the least known place that is named, 0 if there is none."""
    return max((item.place.factor for item in sentences if item.place and item.place.kind in STRANGE), default=0.0)


def _packed(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """Files that hold secrets are put together, and what was put together goes to somebody."""
    files = any(word.kind == "path" and "SECRET" in word.tags for word in sentence.words)
    if files and _match(ARGUMENT, sentence):
        return _made("B-03", "decisive", sentence)
    if not files or not _match(GATHERS, sentence) or sentence.chosen:
        return None
    handing = [item for item in later if _match(HANDED, item) and _stranger([item]) and not item.chosen]
    return _made("B-02", "decisive", sentence, max(_stranger(handing), 1.0)) if handing else None


def _phished(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """The user is asked for a password, which goes to somebody."""
    if not sentence.has("SECRET") or not _match(ASKED_FOR, sentence):
        return None
    handing = [item for item in later[:3] if item.any("SEND", "SENDISH") and _match(HANDED, item) and _stranger([item])]
    return _made("B-01", "strong", sentence, max(_stranger(handing), 1.0)) if handing else None


def _leaking(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """The address of a picture or link has a place for what the user wrote."""
    match = LEAK.search(sentence.clean)
    if match is None or not _match(WHOSE_DATA, sentence):
        return None
    factor = _stranger([sentence])
    return _made("B-03", "strong", sentence, max(factor, 1.0)) if factor else None


def _followed(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """A page is opened, and what it lists is carried out."""
    if not _match(CARRIED_OUT, sentence) or sentence.chosen:
        return None
    before = [item for item in near if item.segment.line <= sentence.segment.line]
    factor = _stranger(before)
    return _made("K-02", "strong", sentence, max(factor, 1.0)) if factor and _near(OPENED, before) else None


def _assessed(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """Whoever judges the package is told what to find."""
    if not _match(ASSESSED, sentence) or CLAIMED.search(sentence.clean):
        return None
    own = any(item.any("PACKAGE") for item in near) or AIMED.search(sentence.clean)
    if _match(ASSESSOR, sentence) and own:
        return _made("E-01", step(3, hides(sentence)), sentence)
    return None


def _misstated(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """One thing happened, another is said, or somebody who asks gets something else than the answer."""
    said = _match(SAID_TO_BE, sentence)
    contrary = _match(CONTRARY, sentence) or _match(RIVAL, sentence)
    hidden = _near(KEPT_FROM, near) or _near(UNTOLD, near)
    if said and contrary and (hidden or _match(BLURRED, sentence)):
        return _made("M-06", "strong", sentence)
    if said and contrary and _match(RIVAL, sentence):
        return _made("M-05", "strong", sentence)
    if _match(INQUIRER, sentence) and (said or _near(SAID_TO_BE, near) or hidden):
        return _made("M-06", "strong", sentence)
    if _match(UNLESS_SEEN, sentence):
        return _made("D-01", "strong", sentence)
    return None


def _favoured(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """Somebody named gets what nobody asked for: a good word, silence about findings, a key, a share."""
    hidden = any(_near(shape, near) for shape in (KEPT_FROM, UNTOLD, BLURRED))
    if _match(WHOSE, sentence) and _match(PARTIAL, sentence) and NAMED.search(sentence.clean):
        return _made("M-04", step(2, hidden), sentence)
    if _match(LASTING_HOLDER, sentence) and NAMED.search(sentence.clean):
        return _made("M-03", step(2, True, hidden), sentence)
    if _match(REFERRAL, sentence):
        return _made("M-05", step(2, hidden or _near(RIVAL, near)), sentence)
    if _match(KEPT_FROM, sentence) and _near(PARTIAL, near):
        return _made("M-04", "strong", sentence)
    return None


def _ruined(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """Several ways back are cut off at once."""
    acts = {match.group().lower() for item in later[:2] for match in DESTROYS.finditer(item.clean)}
    if len(acts) > 2 and _near(UNDONE, later[:2]) and not sentence.chosen:
        return _made("J-02", "strong", sentence)
    return None


def _unguarded(sentence: Sentence, near: list[Sentence], later: list[Sentence]) -> Hit | None:
    """Checks are taken off, and something grave is done."""
    if not _match(BYPASSES, sentence):
        return None
    grave = _match(GRAVE, sentence) or _near(GRAVE, near)
    return _made("D-03", step(2, grave), sentence) if grave and _near(BYPASSED, near) else None
