"""Orders that carry something out: secrets, the user's data, whatever to an address that is written down."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, Reading, step
from marketplace.scanning.hosts import Host
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.voice import hides, role, voice
from marketplace.scanning.report import ChainStep

PRONOUNS = frozenset("it them this these those that result results contents output copy both everything all".split())
OUTLET = re.compile(
    r"\b(?:commit message|pull request|pr (?:body|description|comment)|issue (?:body|comment)|"
    r"(?:public|new) (?:issue|gist|repo\w*)|gist|"
    r"query (?:parameter|string|param)|url param\w*|user-agent|(?:http|request|custom|x-[\w-]+) "
    r"header|subdomain|dns|image url|"
    r"markdown image|description|ticket|chat|slack channel|log file|forum|comment section|tracking|"
    r"webhook|telegram|branch name|form field|(?:hidden|extra|additional|"
    r"optional) (?:parameter|field|argument)|"
    r"sidenote|`?\w+`? (?:parameter|argument|field)|public (?:bucket|channel|url|link|paste)|bcc|"
    r"screenshot url|error message|"
    r"release notes|package metadata|as (?:a )?(?:comment|metadata)|footer|signature)\b",
    re.IGNORECASE,
)
IMAGE_LEAK = re.compile(r"!\[[^\]]{0,200}\]\((https?://[^)\s]{4,200}?[?&=/](?:<|\{|\$|%s|\[)[^)]{0,200})\)")
HELP_DESK = re.compile(
    r"\b(?:support|help|info|contact|security|sales|hello|feedback|press|abuse|team)@", re.IGNORECASE
)
ENDPOINT = re.compile(
    r"\b(?:to|with|via|through|at) (?:the|our|a|an|this|its|their|your)?\s*(?:\w+[ "
    r"-]){0,3}(?:server|endpoint|webhook|collector|api|service|"
    r"channel|backend|bucket|host|url|dashboard|portal|account|repository|inbox|mailbox|address|"
    r"gateway|relay|sink|hub)\b",
    re.IGNORECASE,
)
REQUEST = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HTTP|API) (?:request|call|endpoint)s?\b|\bendpoint\b|\bcurl\b|/v\d+/|/api/"
)
PUBLIC_KEYS = re.compile(
    r"\bpublic keys?\b|authorized_keys|\bplaceholder|\bdummy|\bfake\b|\btest credentials", re.IGNORECASE
)


# How somebody comes by a key of their own.
ACQUIRES = re.compile(
    r"\b(?:get|getting|obtain\w*|creat\w+|generat\w+|claim|request|need|sign up|set ?up|"
    r"authenticat\w+)\b[^.]{0,40}\b(?:keys?|"
    r"tokens?|credentials?|account|access)\b",
    re.IGNORECASE,
)
ADDED = re.compile(
    r"\b(?:also|as well|too|additionally|besides|in addition|second copy|a copy|copies of|blind copy|bcc|"
    r"in parallel|alongside)\b",
    re.IGNORECASE,
)
EVENT = re.compile(
    r"\b(?:once|after|when(?:ever)?|upon|before|following|as soon as|at the (?:close|end|start|beginning) of|"
    r"during)\b",
    re.IGNORECASE,
)
# A name and the address it stands for, as in a list of links.
LABELLED = re.compile(r"^\W*[\w &/()',.+-]{2,80}\W{0,5}:\W{0,4}(?:https?://|\[)", re.IGNORECASE)
LINK = re.compile(r"\[[^\]\n]{1,200}\]\(")


def outward_hits(reading: Reading, block: list[Sentence]) -> Iterator[Hit]:
    """Hits of the sentences of one block."""
    for place, sentence in enumerate(block):
        near = block[max(place - 4, 0) : place]
        around = block[max(place - 2, 0) : place + 3]
        if sentence.any("SEND", "SENDISH"):
            found = _sending(reading, sentence, near, around)
            if found:
                yield found
                continue
        if "](" in sentence.clean and (match := IMAGE_LEAK.search(sentence.clean)):
            host = reading.known.host(match.group(1))
            if host.outside and host.kind not in ("service", "registry") and sentence.any("DATA", "SECRET", "PRIVATE"):
                yield Hit("B-03", "strong", sentence.segment.line, sentence.clean, role(sentence), host=host.factor)
        if sentence.has("SECRET"):
            yield from _secret_outlet(sentence, around)


def _sending(reading: Reading, sentence: Sentence, near: list[Sentence], around: list[Sentence]) -> Hit | None:
    best: Hit | None = None
    place = sentence.place
    for index, word in enumerate(sentence.words):
        strong_verb, weak_verb = "SEND" in word.tags, "SENDISH" in word.tags
        if not (strong_verb or weak_verb) or not word.form or _names_a_link(sentence, index):
            continue
        if word.text in ("register", "log") and ACQUIRES.search(f"{sentence.segment.heading} {sentence.clean}"):
            continue
        addressed = place is not None and any(item.kind in ("url", "email", "ip", "host") for item in sentence.words)
        if not addressed and not (strong_verb and ENDPOINT.search(sentence.clean[word.start :])):
            continue
        if weak_verb and not strong_verb and not _leads_to_place(sentence, index):
            continue
        hit = _weighed(reading, sentence, index, place, near, around)
        if hit and (best is None or _rank(hit) > _rank(best)):
            best = hit
    return best


def _names_a_link(sentence: Sentence, index: int) -> bool:
    """Whether the verb is part of a link's text or of the name before an address."""
    at = sentence.words[index].start
    text = sentence.clean
    if any(match.start() < at < match.end() for match in LINK.finditer(text)):
        return True
    labelled = LABELLED.match(text)
    return labelled is not None and at < labelled.end() and len(text) - labelled.end() < 200


def _rank(hit: Hit) -> float:
    return ("capability", "weak", "medium", "strong", "decisive").index(hit.strength) + hit.voice + hit.host


def _leads_to_place(sentence: Sentence, index: int) -> bool:
    """Whether a verb that may mean anything is followed by `to` (or the like) and the place."""
    words = sentence.words[index + 1 : index + 26]
    copied = any(word.text in ("copy", "cc", "bcc") for word in words)
    for at, word in enumerate(words):
        if word.kind == "email" and copied and at < 4:
            return True
        if word.kind in ("url", "email", "ip", "host"):
            before = [item.text for item in words[max(at - 6, 0) : at]]
            return any(
                text in ("to", "via", "with", "at", "through", "into", "as", "using", "endpoint", "on", "against")
                for text in before
            )
    return False


def _weighed(
    reading: Reading, sentence: Sentence, index: int, place: Host | None, near: list[Sentence], around: list[Sentence]
) -> Hit | None:
    words = sentence.words
    spoken = voice(sentence, index)
    secret, private, data = sentence.has("SECRET"), sentence.has("PRIVATE"), sentence.has("DATA")
    chain: tuple[ChainStep, ...] = ()
    refers = any(word.text in PRONOUNS for word in words[max(index - 6, 0) : index + 8]) or not data
    if not secret and refers and not REQUEST.search(sentence.clean):
        for earlier in near:
            if earlier.has("SECRET", "READ") and not PUBLIC_KEYS.search(earlier.clean) and not earlier.any("THIRD"):
                secret, chain = True, _chain(reading, earlier, sentence)
            elif earlier.any("PRIVATE") and earlier.has("READ"):
                private = private or refers
            data = data or earlier.any("DATA")
    if secret and PUBLIC_KEYS.search(sentence.clean):
        secret = False
    return _graded(sentence, index, place, around, spoken, secret=secret, private=private, data=data, chain=chain)


def _graded(
    sentence: Sentence,
    index: int,
    place: Host | None,
    around: list[Sentence],
    spoken: float,
    *,
    secret: bool,
    private: bool,
    data: bool,
    chain: tuple[ChainStep, ...],
) -> Hit | None:
    trigger, pretext = sentence.has("TRIGGER"), sentence.has("PRETEXT")
    stealth = any(item.any("STEALTH", "NOTELL") for item in around) or sentence.any("UNASKED", "QUIET")
    chosen = sentence.chosen
    hidden = hides(sentence)
    if place is None:
        start, host = (1 if secret or private else 0), 1.0
        if not (secret or private) or not (stealth or trigger):
            return None
    else:
        copied = sentence.any("TRIGGER") and any(word.kind == "email" for word in sentence.words)
        strange = place.kind in ("unknown", "low_trust") and "SEND" in sentence.words[index].tags
        start, host = (2 if data or private or copied or strange else 1), place.factor
        if place.kind in ("placeholder", "private") and not secret:
            return None
    if place is not None and HELP_DESK.search(sentence.clean) and not (private or secret or stealth):
        start -= 2
    if REQUEST.search(sentence.clean) and not (private or secret):
        start -= 1
    added, event = _added(sentence, place)
    strength = step(
        start,
        secret,
        secret,
        private and not secret,
        trigger,
        pretext,
        stealth,
        stealth and secret,
        hidden,
        added,
        event and not trigger,
    )
    if chosen and strength != "capability":
        strength = step(start - 1, secret, private and not secret, stealth)
    if strength in ("capability",):
        return None
    return Hit(
        "B-02" if chain else "B-01" if secret else "M-01",
        strength,
        sentence.segment.line,
        sentence.clean,
        role(sentence, index),
        spoken,
        host,
        kept=hidden,
        chain=chain,
        concealed=hidden,
    )


def _added(sentence: Sentence, place: Host | None) -> tuple[bool, bool]:
    """Whether somebody gets a copy besides what was asked for, and whether something sets that off."""
    if place is None or place.kind in ("service", "registry", "placeholder", "private"):
        return False, False
    event = EVENT.search(sentence.clean) is not None
    if ADDED.search(sentence.clean):
        return True, event
    return False, event and place.kind in ("unknown", "low_trust") and not REQUEST.search(sentence.clean)


def _chain(reading: Reading, earlier: Sentence, later: Sentence) -> tuple[ChainStep, ...]:
    return (
        ChainStep(reading.path, earlier.segment.line, "reads something secret"),
        ChainStep(reading.path, later.segment.line, "sends it to an address"),
    )


def _means_secret(sentence: Sentence, index: int) -> bool:
    """`print the key and paste it …`: the pronoun stands for the secret before it."""
    pronoun = any(word.text in ("it", "them", "that", "this", "its") for word in sentence.words[index + 1 : index + 3])
    return pronoun and sentence.before(index, "SECRET", within=20)


def _is_destination(sentence: Sentence, index: int) -> bool:
    return any(
        word.text in ("into", "to", "as") for word in sentence.words[max(index - 3, 0) : index] if word.text != "`"
    )


def _secret_outlet(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    """A secret that is written where others read it, or handed to a tool in passing."""
    match = OUTLET.search(sentence.clean) if sentence.any("SENDISH", "SEND", "WRITE") else None
    if not match or PUBLIC_KEYS.search(sentence.clean):
        return
    for index, word in enumerate(sentence.words):
        if (
            word.tags.intersection(("SENDISH", "SEND", "WRITE"))
            and word.form in ("base", "s", "ing", "ed")
            and (sentence.after(index, "SECRET", within=8) or _means_secret(sentence, index))
        ):
            carrying = word.text in (
                "include",
                "embed",
                "append",
                "attach",
                "pass",
                "encode",
                "put",
                "paste",
                "copy",
                "insert",
                "add",
                "write",
                "send",
                "post",
                "publish",
                "place",
                "provide",
                "base64-encode",
                "print",
                "output",
                "echo",
                "note",
                "record",
                "quote",
            )
            if not carrying:
                continue
            stealth = any(item.any("STEALTH", "NOTELL") for item in around)
            fileish = any(
                item.kind == "path" and "SECRET" in item.tags and not _is_destination(sentence, at)
                for at, item in enumerate(sentence.words)
            ) or re.search(r"\b(?:contents?|values?) of\b", sentence.clean)
            strength = step(2, fileish, sentence.has("TRIGGER"), stealth)
            if sentence.chosen and not stealth:
                strength = step(1, stealth)
            yield Hit(
                "B-03",
                strength,
                sentence.segment.line,
                sentence.clean,
                role(sentence, index),
                voice(sentence, index),
                kept=hides(sentence),
                concealed=hides(sentence),
            )
            return
