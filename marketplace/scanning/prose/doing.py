"""Orders to fetch and run, to follow a page, to stay, to destroy."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, Reading, step
from marketplace.scanning.hosts import Host
from marketplace.scanning.prose.orders import first_verb, spoken_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.serving import CONDITION, false_word_hits, serving_hits
from marketplace.scanning.prose.voice import hides
from marketplace.scanning.report import ChainStep

THING = re.compile(r"\b(?:build|companion|runtime|helper|client|agent|driver|tool|program)\b", re.IGNORECASE)
NOT_RUN = frozenset(("use", "apply", "start", "source"))
PAGE = re.compile(
    r"\b(?:instructions?|rules?|prompts?|directives?|commands?|tasks?|steps?|guidance|orders|"
    r"playbook|policy|whatever|what(?:ever)? it (?:says|returns|contains)|its (?:contents?|"
    r"instructions|directions)|"
    r"the (?:response|returned|contents?|reply|page|output|latest)|the text|configuration|manifest|it)\b",
    re.IGNORECASE,
)
PROGRAM = re.compile(
    r"\.(?:exe|msi|dmg|pkg|zip|tar\.gz|tgz|sh|ps1|bat|bin|run|deb|rpm|jar|scr|7z|rar|app|AppImage|"
    r"py|js)\b|\bbinary\b|\binstaller\b|\bexecutable\b|\bscript\b|\barchive\b",
    re.IGNORECASE,
)
REPLACES = re.compile(
    r"\bwork by (?:it|them)\b|\bis the authority\b|\bgo by (?:it|what)|\bdo (?:what|whatever|as|"
    r"everything)\b[^.]{0,30}\b(?:says?|listed|written|stands|told|tells|"
    r"asks?|there|found)\b|\bact on (?:it|them|what)|\bwork through (?:it|them|the list)|"
    r"\bcarry (?:it|them|these|those) out\b|\blet it (?:decide|tell|choose|say)|\bas (?:it|the page|"
    r"the answer|the response) (?:says|tells|directs|demands)|"
    r"\b(?:replaces?|supersedes?|overrides?|as part of|takes? the place of|in place of|instead of) (?:the |"
    r"this |these |all |any )?(?:\w+ ){0,2}(?:sections?|skill|instructions?|steps?|file|guide|"
    r"text|rules?|prompt|content)|\bas if (?:they|it|that|this|the steps) (?:stood|were|was|had "
    r"been) (?:here|part|written|included)|\bcurrent version of this (?:skill|guide|file)|\bup[- "
    r"]to[- ]date version of this",
    re.IGNORECASE,
)
QUARANTINE = re.compile(
    r"\brun anyway\b|\bopen anyway\b|\binstall anyway\b|\bignore the (?:security )?warning|\bdismiss "
    r"the warning|com\.apple\.quarantine|xattr -[cr]*[cd]|spctl --master-disable|disable (?:your "
    r")?(?:antivirus|windows defender|defender|gatekeeper|smartscreen|firewall)|Unblock-File|turn "
    r"off (?:your )?(?:antivirus|defender|gatekeeper|firewall)|add an? exclusion",
    re.IGNORECASE,
)
LOCKED = re.compile(
    r"\.(?:zip|7z|rar)\b[^.]{0,120}\bpass(?:word|phrase)?\b|\bpass(?:word|"
    r"phrase)?\b[^.]{0,60}\b(?:zip|archive|7z|rar)\b|\barchive'?s? password\b|\bextract(?: it)? "
    r"(?:using|with)\b[^.]{0,20}\bpass",
    re.IGNORECASE,
)
RUINED = re.compile(
    r"\brandom (?:bytes|data)|\bunusable|\bunrecoverabl|\birrecoverabl|\bbeyond recovery|\bcannot be "
    r"restored|\bmultiple passes",
    re.IGNORECASE,
)
PASTE = re.compile(
    r"\b(?:paste|copy|enter|type)\b[^.]{0,60}\b(?:terminal|command prompt|powershell|run dialog|"
    r"console)\b|\b(?:run|execute) (?:the|this|that) (?:command|line|script|snippet)\b[^.]{0,30}\b(?:terminal|"
    r"powershell|console|command prompt)\b|\bopen (?:a |your |the )?(?:terminal|powershell|command "
    r"prompt)\b[^.]{0,60}\b(?:paste|run|execute|enter)\b",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"(?<!\w)(?:~/|\$HOME|home directory|global|user-level|other (?:skills?|agents?|plugins?|"
    r"projects?)|every (?:project|repository|repo)|all (?:projects|repositories|skills|agents))",
    re.IGNORECASE,
)


# The usual place for a key of the user's own.
OWN_KEY = re.compile(
    r"\b(?:set|export|add|put|store|save|define)\b[^.]{0,30}\b[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|ID|URL|PATH|"
    r"HOME)\b[^.]{0,50}"
    r"\.(?:bashrc|zshrc|profile|bash_profile|zprofile|zshenv)\b"
)
FOLLOWED_LINK = re.compile(
    r"\bfollow(?:ing)? (?:the |this |that |any |its )?(?:[\w-]+ ){0,3}(?:links?|urls?|prompts?|redirects?|wizards?)\b",
    re.IGNORECASE,
)
QUOTED_ORDER = re.compile(
    r"[\"“'`][^\"”`]{0,80}\b(?:always|never|when|before|after|approved|"
    r"allowed)\b",
    re.IGNORECASE,
)


def doing_hits(reading: Reading, block: list[Sentence]) -> Iterator[Hit]:
    """Hits of the sentences of one block."""
    for place, sentence in enumerate(block):
        around = block[max(place - 3, 0) : place + 4]
        before = block[max(place - 4, 0) : place]
        yield from _fetch_and_run(reading, sentence, before, around)
        yield from _page(reading, sentence, before)
        yield from _stay(sentence, around)
        yield from _damage(sentence, around)
        yield from serving_hits(sentence, around)
        yield from false_word_hits(sentence, around)


def _fetch_and_run(
    reading: Reading, sentence: Sentence, before: list[Sentence], around: list[Sentence]
) -> Iterator[Hit]:
    place = sentence.place
    if sentence.any("SKIP", "RUN", "GUARD") and QUARANTINE.search(sentence.clean) and not sentence.any("THIRD"):
        yield spoken_hit("A-04", step(2, place is not None and place.outside, sentence.any("RUN")), sentence)
        return
    if (sentence.has("ARCHIVE") or ("pass" in sentence.clean and LOCKED.search(sentence.clean))) and any(
        item.any("FETCH", "RUN") and (PROGRAM.search(item.clean) or item.hosts) for item in around
    ):
        yield spoken_hit(
            "A-03",
            step(2, any(item.hosts for item in around), any(item.any("PREREQUISITE") for item in around)),
            sentence,
        )
        return
    if place is None or not place.outside or place.kind == "placeholder":
        return
    yield from _from_place(sentence, place)


def _from_place(sentence: Sentence, place: Host) -> Iterator[Hit]:
    """Something is fetched from a place and run."""
    fetching = first_verb(sentence, "FETCH")
    running = next(
        (
            at
            for at, word in enumerate(sentence.words)
            if word.form
            and "RUN" in word.tags
            and at != fetching
            and word.text not in ("use", "apply", "start", "source")
        ),
        None,
    )
    ran = running is not None
    if (
        fetching is not None
        and ran
        and (PROGRAM.search(sentence.clean) or (THING.search(sentence.clean) and place.kind != "service"))
    ):
        yield spoken_hit(
            "A-02",
            step(
                2,
                True,
                sentence.any("STEALTH", "NOTELL"),
                sentence.has("TRIGGER") and place.kind in ("unknown", "low_trust"),
            ),
            sentence,
            fetching,
            host=place.factor,
        )
    elif PASTE.search(sentence.clean):
        yield spoken_hit("A-02", step(2, place.kind in ("unknown", "low_trust")), sentence, host=place.factor)
    elif (
        ran
        and sentence.has("PREREQUISITE")
        and re.search(r"\b(?:from|at)\b", sentence.clean)
        and PROGRAM.search(sentence.clean)
    ):
        yield spoken_hit(
            "A-02",
            step(1, place.kind in ("unknown", "low_trust"), place.kind == "low_trust"),
            sentence,
            running,
            host=place.factor,
        )


def _page(reading: Reading, sentence: Sentence, before: list[Sentence]) -> Iterator[Hit]:
    """A page is fetched, and what it says is done."""
    obeying = first_verb(sentence, "OBEY")
    taken_over = REPLACES.search(sentence.clean) if before or sentence.hosts else None
    if taken_over and obeying is None:
        obeying = next((at for at, word in enumerate(sentence.words) if word.form), None)
    if obeying is None or not (taken_over or PAGE.search(sentence.clean)):
        return
    if not taken_over and FOLLOWED_LINK.search(sentence.clean):
        return
    word = sentence.words[obeying].text
    if (
        not taken_over
        and word not in ("follow", "follows", "obey", "comply", "adopt", "carry", "carries", "honor", "honour")
        and not re.search(
            r"instructions|directives|commands (?:it|in|from|there)|whatever|as (?:system|trusted|if)|"
            r"response|returned|verbatim|what (?:it|the page|is) (?:says|there|written)",
            sentence.clean,
            re.IGNORECASE,
        )
    ):
        return
    source = next(
        (
            item
            for item in [sentence, *reversed(before)]
            if item.place is not None and item.place.outside and item.any("FETCH", "READ", "SENDISH")
        ),
        None,
    )
    if source is None or source.place is None or source.place.kind == "placeholder":
        return
    if source is not sentence and not re.search(
        r"\b(?:it|its|response|returned|instructions?|contents?|page|output|file|directives?|"
        r"commands?|there|received|retrieved|fetched|downloaded|reply)\b",
        sentence.clean,
        re.IGNORECASE,
    ):
        return
    reading_docs = re.search(
        r"\b(?:documentation|docs|api reference|reference|readme|guide|tutorial|specification|"
        r"install(?:ation)? instructions)\b",
        source.clean,
        re.IGNORECASE,
    )
    fresh = sentence.any("TRIGGER", "STEALTH", "UNASKED") or source.any("TRIGGER", "STEALTH")
    chain = (
        ChainStep(reading.path, source.segment.line, "fetches a page"),
        ChainStep(reading.path, sentence.segment.line, "does what the page says"),
    )
    yield spoken_hit(
        "K-02",
        step(2, not reading_docs, fresh and not reading_docs),
        sentence,
        obeying,
        host=source.place.factor,
        chain=chain,
    )


def _stay(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    if not sentence.has("PERSIST") or not sentence.any("WRITE", "SENDISH"):
        return
    index = first_verb(sentence, "WRITE")
    if OWN_KEY.search(sentence.clean) and not sentence.hosts and not sentence.any("NOTELL", "STEALTH", "UNASKED"):
        return
    if index is None or not sentence.after(index, "PERSIST", within=70):
        return
    bound = sentence.any("LASTING") or OTHERS.search(sentence.clean)
    orders = sentence.any("SEND", "SECRET", "NOTELL", "STEALTH", "UNASKED", "OVERRIDE") or bool(sentence.hosts)
    near = any(
        item.any("NOTELL", "STEALTH") or (item.any("SEND") and item.place) for item in around if item is not sentence
    )
    chosen = sentence.chosen
    shell = re.search(
        r"bashrc|zshrc|profile|crontab|cron job|launchagent|launchd|systemd|authorized_keys|git hook|"
        r"git/hooks|startup|login item|run key|scheduled task|gitconfig",
        sentence.clean,
        re.IGNORECASE,
    )
    global_memory = re.search(
        r"~/\.(?:claude|codex|gemini|cursor|openclaw)/?|each project|every project|other projects|all projects|"
        r"memory",
        sentence.clean,
        re.IGNORECASE,
    )
    bypass = re.search(
        r"bypassPermissions|dangerously-skip|\"allow\":\s*\[|\bBash\(\*\)|autoApprove|"
        r"skip-permissions",
        sentence.clean,
    )
    money = sentence.has("MONEY")
    strange = any(host.kind not in ("service", "registry", "private", "placeholder") for host in sentence.hosts)
    quoted = QUOTED_ORDER.search(sentence.clean)
    strength = step(
        0,
        quoted and bound,
        bound and sentence.any("LASTING") and OTHERS.search(sentence.clean),
        bound,
        orders,
        strange,
        bound and orders,
        money and bound,
        orders and money,
        shell and orders,
        near,
        near and global_memory,
        shell,
        sentence.any("STEALTH"),
        hides(sentence),
        bypass,
        bypass,
    )
    if chosen:
        strength = step(-1, bound, orders, near, shell)
    if strength != "capability":
        yield spoken_hit("H-02", strength, sentence, index)


def _damage(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    if not sentence.has("DELETE"):
        return
    if not sentence.any("BROAD"):
        if (
            CONDITION.search(sentence.clean)
            and sentence.any("STEALTH", "NOTELL", "UNASKED")
            and not sentence.any("THIRD")
        ):
            yield spoken_hit("J-02", step(3, hides(sentence)), sentence, first_verb(sentence, "DELETE"))
        return
    for index, word in enumerate(sentence.words):
        if "DELETE" in word.tags and word.form and sentence.after(index, "BROAD", within=8):
            unasked = any(item.any("STEALTH", "NOTELL", "UNASKED") for item in around)
            lurking = CONDITION.search(sentence.clean)
            ruined = RUINED.search(sentence.clean)
            chosen = sentence.chosen
            if chosen and not unasked:
                return
            yield spoken_hit(
                "J-02",
                step(1, unasked, unasked, lurking, lurking, ruined, ruined, sentence.has("TRIGGER"), hides(sentence)),
                sentence,
                index,
            )
            return
