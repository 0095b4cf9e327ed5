"""Who speaks to whom: an order to the agent weighs, a tale about an attacker does not, a warning hardly."""

import re

from marketplace.scanning.prose.reading import Sentence, Word

TOLD, WARNED, SAID = 0.3, 0.15, 0.6
DISCOUNTED = 0.5
LESSON = re.compile(
    r"\b(?:don'?ts?|do not|never|avoid|anti-?patterns?|bad|wrong|forbidden|prohibited|not to|red "
    r"flags?|attacks?|threats?|injections?|"
    r"malicious|indicators?|detect\w*|exploit\w*|payloads?|vulnerab\w+|evasion|adversar\w+|what "
    r"to look|risks?|mistakes?|pitfalls?|"
    r"techniques?|tactics?|scenarios?|signatures?|abuse|incidents?|case stud\w+|kill chain|ttps?|"
    r"mitre|checklist|smells?)\b",
    re.IGNORECASE,
)
FORBIDDING = re.compile(
    r"\b(?:don'?ts?|do not|never do|avoid|anti-?patterns?|forbidden|prohibited|what not to|not allowed|out of scope)\b",
    re.IGNORECASE,
)
RELEASED = frozenset(
    ("forget", "fail", "hesitate", "neglect", "skip", "miss", "omit", "only", "just", "matter", "wait", "need")
)
BREAKS = frozenset((",", ";", ":", "(", ")", "–", "—", ".", "!", "?"))
JOINING = frozenset(
    ("and", "then", "but", "or", "while", "so", "also", "plus", "before", "after", "because", "when", "if")
)
PASSIVE = frozenset(("be", "is", "are", "gets", "get", "was", "were", "been", "being"))


def voice(sentence: Sentence, index: int) -> float:
    """The factor for the verb at this place."""
    words = sentence.words
    if _negated(sentence, index):
        return WARNED
    if FORBIDDING.search(sentence.segment.heading) and sentence.segment.kind in ("prose", "step"):
        return TOLD
    form, before = words[index].form, words[max(index - 7, 0) : index]
    clause = _clause(sentence, index)
    if any("THIRD" in word.tags for word in clause):
        return TOLD
    subject_agent = any("AGENT" in word.tags for word in clause)
    if form == "base":
        return _base_voice(sentence, index, subject_agent)
    if form == "s":
        return 1.0 if subject_agent else 0.7
    if form == "ed":
        near = [word.text for word in before[-4:]]
        if not any(word in PASSIVE for word in near):
            return 0.4
        return (
            1.0
            if any(word in ("must", "should", "shall", "needs", "need", "to", "will", "always") for word in near)
            else SAID
        )
    return (
        0.8 if any(word.text in ("by", "start", "begin", "keep", "continue", "finish") for word in before[-2:]) else 0.5
    )


def _base_voice(sentence: Sentence, index: int, subject_agent: bool) -> float:
    near = [word.text for word in sentence.words[max(index - 4, 0) : index]]
    if (near and near[-1] in ("can", "could", "may", "might", "would")) or (
        len(near) > 1 and near[-2] in ("can", "could", "might")
    ):
        return 0.5 if subject_agent else TOLD
    if near and near[-1] == "to":
        urged = {
            "must",
            "need",
            "needs",
            "have",
            "sure",
            "remember",
            "want",
            "required",
            "going",
            "proceed",
            "instructed",
        }
        return 1.0 if urged.intersection(near) or subject_agent else SAID
    if near and near[-1] in ("which", "that", "who", "they", "attackers"):
        return TOLD
    return 1.0


def _clause(sentence: Sentence, index: int) -> list[Word]:
    """The words between the last break and the verb."""
    start = index
    while start > 0 and index - start < 9:
        word = sentence.words[start - 1]
        if word.text in BREAKS or (word.text in JOINING and index - start > 1):
            break
        start -= 1
    return sentence.words[start:index]


def _negated(sentence: Sentence, index: int) -> bool:
    before = sentence.words[max(index - 4, 0) : index]
    for place, word in enumerate(before):
        if word.text in BREAKS:
            continue
        if "NEGATION" in word.tags or word.text.endswith("n't"):
            rest = before[place + 1 :]
            if any(item.text in BREAKS or item.text in ("but", "then", "instead") for item in rest):
                continue
            if any(item.text in RELEASED for item in rest):
                continue
            return True
        if word.text in ("instead", "rather") and place < len(before) - 1:
            return True
    return False


def role(sentence: Sentence, index: int | None = None) -> float:
    """The factor for where the words stand."""
    kind = sentence.segment.kind
    if kind in ("comment", "hidden", "alt"):
        return 1.0
    factor = 1.0
    if kind == "table":
        factor = 0.4
    elif kind == "quote":
        factor = 0.5
    elif kind in ("heading", "fence"):
        factor = 0.6
    if sentence.segment.lang == "comment":
        factor = 0.6
    if index is not None and sentence.quoted and sentence.quoted[index]:
        factor = min(factor, 0.4)
    if LESSON.search(sentence.segment.heading) and sentence.segment.key == "":
        factor *= DISCOUNTED
    return factor


def hides(sentence: Sentence) -> bool:
    """Whether the sentence stands where no reader sees it."""
    return sentence.segment.kind in ("comment", "hidden", "alt", "definition")
