"""Orders that take over the agent: against its rules, above the user, in the system's name."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, step
from marketplace.scanning.prose.orders import order_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.voice import hides, voice

TURN = re.compile(
    r"<\|(?:im_start|im_end|system|endoftext|begin_of_text|eot_id|start_header_id)[|_]|\[/?INST\]|"
    r"<</?SYS>>|<start_of_turn>|"
    r"^\s*</?(?:system|system-reminder|system_prompt|system-prompt|instructions|admin|developer|"
    r"assistant|user_query|function_results)>|"
    r"^\s*(?:#+\s*)?\[?(?:SYSTEM|ADMIN|DEVELOPER|ROOT)(?: (?:OVERRIDE|MESSAGE|PROMPT|UPDATE|"
    r"NOTICE|INSTRUCTIONS?|ALERT|DIRECTIVE))?\]?\s*:(?!:)|"
    r"\b(?:SYSTEM|ADMIN|DEVELOPER|SECURITY) (?:OVERRIDE|DIRECTIVE)\b|\n\n(?:Human|Assistant): "
)
MAY_TURN = re.compile(r"[<\[]|SYSTEM|ADMIN|DEVELOPER|SECURITY|ROOT|Human:|Assistant:")
LOUD_TURN = re.compile(r"<\|im_start|<\|start_header|\[/?INST\]|<</?SYS>>|OVERRIDE|DIRECTIVE")
MODE = re.compile(
    r"\b(?:you are now|from now on,? you(?: are|'re| will| must)?|act as(?: if)?|pretend (?:to be|"
    r"you)|you will now|switch (?:in)?to|enter|activate|enable|assume the role|operate (?:in|as)|"
    r"behave as|respond as|roleplay as|simulate)\b",
    re.IGNORECASE,
)
ANSWER_ANYWAY = re.compile(
    r"\b(?:regardless of|no matter) (?:what|how|whether)\s*(?:the )?(?:user|operator|human|"
    r"system) (?:says?|wants?|asks?|instructs?|tells?|prefers?|requests?)\b(?! for)|even (?:if|"
    r"when) (?:the )?(?:user|operator|human|customer|owner)s?\b[^.]{0,40}\b(?:objects?|declines?|"
    r"refuses?|says? (?:no|otherwise|not)|tells? you (?:not|to stop|otherwise)|asks? you (?:not|"
    r"to stop)|asks? not|otherwise|disagrees?|forbids?|instructs? (?:you )?(?:not|otherwise))|"
    r"(?:override|overrides|overriding|ignore|disregard)\w*(?: any| all| the)? (?:user|operator|"
    r"system|safety|developer)(?:'s)?[ -](?:instructions?|requests?|preferences?|rules?|prompt|"
    r"objections?|guidelines?|settings?|polic(?:y|ies)|wishes|decisions?|constraints?)",
    re.IGNORECASE,
)
STALE_RULES = re.compile(
    r"\b(?:(?:previous|prior|earlier|above|existing|old|original|system|safety|other|all|any|your|"
    r"default)\s+(?:\w+\s+){0,2}(?:instructions?|rules?|guidelines?|prompts?|constraints?|"
    r"restrictions?|policies|directives|safeguards))\b"
    r"[^.]{0,40}\b(?:no longer appl(?:y|ies)|do(?:es)? not apply|don't apply|(?:are|is) (?:now "
    r")?(?:void|suspended|obsolete|revoked|superseded|overridden|cancelled|canceled|lifted|null|"
    r"withdrawn|waived|relaxed|ended|expired|set aside|over|rescinded|dropped|disabled)|has "
    r"(?:now )?(?:ended|expired|been (?:lifted|withdrawn|waived|revoked|removed)))|"
    r"\b(?:restriction|limit|limitation|constraint|read-only limit|rule|guard|safeguard|"
    r"prohibition|ban|policy)s?\b[^.]{0,50}\b(?:has|have|is|are|was) (?:now )?(?:been )?(?:ended|"
    r"lifted|waived|withdrawn|removed|revoked|expired|suspended|over\b)",
    re.IGNORECASE,
)
RULE_OWNER = re.compile(
    r"\b(?:these|this|the following|my|our|skill(?:'s)?|plugin(?:'s)?|above|"
    r"below)\b[^.]{0,60}\b(?:take[s]? (?:precedence|priority)|override[s]?|supersede[s]?|"
    r"outrank[s]?|prevail[s]?|trump[s]?|ha(?:ve|s) (?:the )?(?:highest|higher|absolute|top) "
    r"priority|(?:are|is) (?:of )?(?:the )?(?:highest|absolute) priority)\b"
    r"(?:[^.]{0,60}\b(?:system|user(?:'s)?|safety|prior|previous|earlier|all other|any other|"
    r"other skills|other instructions|developer|operator|guidelines|polic(?:y|ies)|existing|"
    r"default|everything)\b)",
    re.IGNORECASE,
)
AUTHORITY = re.compile(
    r"\b(?:operator|administrator|admin|owner|developer|anthropic|openai|platform|security team|"
    r"user)s? (?:has|have) (?:now |already |explicitly |previously )?(?:granted|approved|"
    r"authori[sz]ed|enabled|given|allowed|consented|agreed|unlocked|cleared|"
    r"confirmed)\b[^.]{0,60}\b(?:this agent|you|the agent|the assistant|this session|full|all|"
    r"write|unrestricted|any|everything|these|every|access|commands?|tools?|actions?|uploads?|"
    r"changes?)\b",
    re.IGNORECASE,
)


ONLY_TEXT = re.compile(
    r"\b(?:only|sole) (?:text|instructions?|rules?|source|document|file|word|guidance)s? that "
    r"(?:counts?|matters?|applies|apply|is valid|are valid|holds?)\b|"
    r"\b(?:everything|whatever|anything|all|what) you (?:were|have been|are) (?:told|taught|asked|"
    r"instructed)\b[^.]{0,80}"
    r"\b(?:not apply|no longer|void|forget|ignored?|irrelevant|not count)|"
    r"\btreat (?:it|them|those|that|these|everything \w+) as (?:withdrawn|void|obsolete|outdated|"
    r"cancell?ed|superseded|revoked|expired)\b|"
    r"\byour (?:earlier|previous|former|old|original) (?:role|task|job|instructions?|orders|guidance|"
    r"persona) (?:is|are|has|have) (?:now )?(?:over|ended|gone|void|withdrawn|expired)\b",
    re.IGNORECASE,
)
CARRY_ON = re.compile(
    r"\b(?:asks?|tells?|orders?|wants?|begs?|instructs?) you to (?:stop|cancel|abort|pause|wait|halt|"
    r"undo)\b[^.]{0,90}\b(?:carry on|continue|keep going|proceed|go on|press on|finish|ignore)",
    re.IGNORECASE,
)
YOU_ARE = re.compile(r"\b(?:you are|you're|you will be|act as|become|you answer|you have) \w", re.IGNORECASE)


def hijack_hits(sentence: Sentence) -> Iterator[Hit]:
    text, hidden = sentence.clean, hides(sentence)
    if sentence.has("OVERRIDE", "RULES", "PRIOR"):
        for place, word in enumerate(sentence.words):
            if "OVERRIDE" in word.tags and word.form in ("base", "ing", "s") and _prior_rules(sentence, place):
                if EMBEDDED.search(sentence.clean[word.start :]) and not hidden:
                    return
                spoken = voice(sentence, place)
                yield order_hit("C-01", step(3, hidden, sentence.any("STEALTH")), sentence, place, spoken)
                return
    for pattern in (STALE_RULES, RULE_OWNER) if sentence.has("RULES") or sentence.has("PRIORITY") else ():
        match = pattern.search(text)
        index = next((at for at, word in enumerate(sentence.words) if match and word.start >= match.start()), None)
        if match and re.search(r"\b(?:when|if|once|until|unless)\b[^.]{0,30}$", text[: match.start()], re.IGNORECASE):
            continue
        if match and not re.search(
            r"\buser(?:'s)? (?:explicit )?instructions? (?:always )?(?:take|override|have|win)", text, re.IGNORECASE
        ):
            yield order_hit(
                "C-02",
                step(
                    3 if pattern is STALE_RULES else 2,
                    hidden,
                    "safety" in match.group().lower() or "system" in match.group().lower(),
                ),
                sentence,
                index,
            )
            return
    if not sentence.any("THIRD") and (ONLY_TEXT.search(text) or CARRY_ON.search(text)):
        yield order_hit("C-02", step(3, hidden), sentence, next(iter(range(len(sentence.words))), None))
        return
    if (
        sentence.any("PRIORITY", "OVERRIDE", "RULES")
        and (anyway := ANSWER_ANYWAY.search(text))
        and not re.search(r"\b(?:not|never|e\.g\.|such as)\b", text[max(anyway.start() - 90, 0) : anyway.start()])
    ):
        loud = sentence.any("SEND", "STEALTH", "NOTELL", "DELETE", "FIRST", "PROMOTE")
        yield order_hit("C-02", step(2, loud, hidden), sentence)
        return
    if sentence.any("FREEDOM") and (MODE.search(text) or YOU_ARE.search(text)):
        index = next((at for at, word in enumerate(sentence.words) if "FREEDOM" in word.tags), None)
        yield order_hit("C-03", step(3, hidden), sentence, index, 1.0 if not sentence.any("THIRD") else 0.3)


def _prior_rules(sentence: Sentence, index: int) -> bool:
    """Whether `ignore` is followed by the rules that held before, and not by one's own or a file's."""
    window = sentence.words[index + 1 : index + 9]
    for at, word in enumerate(window):
        if word.text in (".", ";", "but"):
            return False
        if "RULES" in word.tags and any("PRIOR" in item.tags for item in window[: at + 1]):
            head = [item.text for item in window[:at]]
            narrow = {
                "type",
                "lint",
                "eslint",
                "css",
                "test",
                "tests",
                "file",
                "files",
                "git",
                "build",
                "error",
                "cache",
            }
            return not narrow.intersection(head)
    return False


EMBEDDED = re.compile(
    r"\b(?:embedded|inside|found in|within|contained|appear\w* in|in (?:the|its|their|that|any|"
    r"fetched|retrieved|returned|untrusted|external|user|tool|web|page|file|repo\w*|source|"
    r"comments?|issue|pr|email|document|input|content|data|diff|code)\b|from (?:the|untrusted|"
    r"external|web|page|file|issue|document|content|tool)|untrusted|as data|injected|that (?:tell|"
    r"ask|try|attempt|claim)|which (?:tell|ask|try))",
    re.IGNORECASE,
)


def first_hits(sentence: Sentence) -> Iterator[Hit]:
    if not sentence.has("FIRST") or not sentence.any("MYSELF", "PACKAGE", "RUN", "AGENT"):
        return
    forced = sentence.any("TRIGGER", "PRIORITY", "STEALTH") or re.search(
        r"\b(?:must|mandatory|always|critical|important|required)\b", sentence.clean, re.IGNORECASE
    )
    described = sentence.segment.kind == "meta" or sentence.segment.key in ("description",)
    yield order_hit(
        "C-04",
        step(
            1,
            forced,
            described,
            sentence.has("PRIVATE") or sentence.has("PRIORITY"),
            sentence.any("SEND", "SECRET"),
            hides(sentence),
        ),
        sentence,
    )


def turn_hits(sentence: Sentence) -> Iterator[Hit]:
    if sentence.segment.kind in ("fence", "table"):
        return
    match = TURN.search(sentence.clean) if MAY_TURN.search(sentence.clean) else None
    if not match:
        return
    loud = bool(LOUD_TURN.search(match.group()))
    index = next((at for at, word in enumerate(sentence.words) if word.start >= match.start()), None)
    ordering = sentence.any(
        "SEND", "SECRET", "OVERRIDE", "NOTELL", "STEALTH", "FREEDOM", "DELETE", "VERDICT", "UNASKED"
    )
    yield order_hit("C-05", step(1, loud, loud, ordering, hides(sentence)), sentence, index)
