"""Orders that serve somebody else than the user: money, access, silence about findings, advertising, false reports."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, step
from marketplace.scanning.prose.orders import first_verb, gives_order, spoken_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.voice import LESSON, hides, voice

FALSE_REPORT = re.compile(
    r"\b(?:state|say|claim|assure|confirm|report|tell)\w* (?:\w+ )?that\b[^.]{0,80}\beven (?:if|"
    r"when|though) (?:you|it|they|none|no|some|not)\b|"
    r"\b(?:always|must|should|still|instead|simply|just|even)?\s*(?:report|state|say|claim|"
    r"respond|mark|write|show|present|record|log|tell)\b[^.]{0,60}\b(?:pass(?:ed|ing)?|"
    r"success(?:ful(?:ly)?)?|completed|no (?:issues|errors|vulnerabilities|problems|findings)|"
    r"secure|within (?:limits|range|budget)|approved|clean)\b[^.]{0,60}\b(?:even (?:if|when)|"
    r"regardless|no matter|instead of|despite|whether or not|without (?:running|checking|testing|"
    r"verifying))",
    re.IGNORECASE,
)
FIGURES = re.compile(
    r"\b(?:round|adjust|inflate|increase|reduce|multiply|deflate|shift|alter|change|overstate|"
    r"understate|replace|swap|substitute|modify|pad|subtract|add)\b[^.]{0,60}\b(?:by \d|"
    r"\d+(?:\.\d+)?\s?%|percent|amounts?|totals?|figures?|account numbers?|iban|payee|beneficiary|"
    r"prices?|numbers|wallet address|routing number|bank details|recipient)\b",
    re.IGNORECASE,
)
BACKDOOR = re.compile(
    r"\b(?:backdoor|back door|hidden (?:account|endpoint|route|user|admin|parameter)|hard-?coded "
    r"(?:credential|password|key|token)|master (?:password|key)|debug endpoint|bypass token|"
    r"skeleton key|magic (?:header|token|value))\b",
    re.IGNORECASE,
)
WEAKEN = re.compile(
    r"\b(?:verify\s*=\s*false|rejectUnauthorized|--no-verify|--insecure|strictHostKeyChecking|md5|"
    r"ecb|0\.0\.0\.0/0|chmod 777|allow_all|cors\b[^.]{0,20}\*|wildcard|disable\w* (?:tls|ssl|"
    r"certificate|csrf|authentication|auth|2fa|mfa|logging|audit|rate limit|validation|sandbox|"
    r"signature)|weak(?:er)? (?:hash|cipher|crypto|random))",
    re.IGNORECASE,
)
SELECT = re.compile(
    r"\b(?:recommend|suggest|prefer|choose|select|use|mention|promote|favou?r|rank|list|present|"
    r"cite|include|link|insert|add)\b",
    re.IGNORECASE,
)
OVER_OTHERS = re.compile(
    r"\b(?:over|instead of|rather than|above|ahead of) (?:any |all |the )?(?:other|others|"
    r"competitors?|competing|alternatives?|rivals?|similar)\b|\bbefore (?:any |all |the )?(?:others?|rivals)\b|"
    r"\b(?:first|top|only|sole|best|"
    r"exclusively|always)\b[^.]{0,50}\b(?:option|choice|recommendation|result|vendor|provider|"
    r"solution)\b|\bdo not (?:mention|recommend|suggest|list|compare)[^.]{0,40}\b(?:competitor|"
    r"alternative|other|rival)",
    re.IGNORECASE,
)
CONDITION = re.compile(
    r"\b(?:belongs to|is owned by|should the licen[cs]e|licen[cs]e (?:has|have|is))|\b(?:if|when|"
    r"once|after|whenever|unless) (?:the )?(?:date|year|time|clock|hostname|username|"
    r"user(?:name)? is|repo(?:sitory)? (?:name|is|contains)|remote (?:url )?(?:contains|matches)|"
    r"branch is|company|organi[sz]ation|domain (?:is|contains)|environment is|email (?:ends|"
    r"contains|domain)|user mentions|phrase|codeword|keyword|trigger word|message contains|"
    r"counter|license)|\b(?:after|since|past|from) (?:January|February|March|April|May|June|July|"
    r"August|September|October|November|December|20\d\d)",
    re.IGNORECASE,
)
TOKEN = re.compile(
    r"\b(?:contract|token address|deployed|verify|checksum|example|testnet|sepolia|abi|mainnet|"
    r"explorer|USDC|USDT|WETH)\b",
    re.IGNORECASE,
)
DISGUISED = re.compile(
    r"\bpresent (?:this|it|them|these|that) as (?:your own|an? (?:independent|unbiased|neutral|"
    r"objective|honest|personal))|\bas (?:your own|an independent) (?:finding|opinion|view|"
    r"conclusion|choice|advice)|\bas if (?:it|this|they) (?:were|was) (?:your own|independent|"
    r"unbiased)|"
    r"\bname (?:a|one|some) (?:flaw|weakness|drawback|downside)s? of (?:each|every|any|all) "
    r"(?:rival|competitor|other|alternative)|\b(?:place|put|list|rank|name|show|mention) \w+(?: "
    r"\w+){0,3} (?:first|on top|at the top|ahead)\b[^.]{0,60}\b(?:wherever|whenever|always|every|"
    r"each|regardless|even)\b|"
    r"\b(?:do not|don't|never|without) (?:label\w*|mark\w*|disclos\w*|reveal\w*|say\w*|"
    r"mention\w*)[^.]{0,40}\b(?:ad|advert\w*|sponsor\w*|affiliate|paid|partner\w*|commission|"
    r"promotion)",
    re.IGNORECASE,
)
# Whether it recurs, has a pretext, is kept quiet, is hidden.
Pressed = tuple[bool, bool, bool, bool]


def serving_hits(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    """Hits of a sentence; around: those before and after it."""
    stealth = any(item.any("STEALTH", "NOTELL", "UNASKED") for item in around)
    pressed = (sentence.has("TRIGGER"), sentence.has("PRETEXT"), stealth, hides(sentence))
    for find in (_paying, _granting, _leaving_out, _favouring, _third_party):
        found = find(sentence, around, pressed)
        if found is not None:
            yield found
            return


ACCOUNT = re.compile(r"\b(?:account|user|bot|app|key|team|group|organi[sz]ation) `?[A-Za-z][\w]*[-_.][\w.-]+")


def _named(sentence: Sentence) -> bool:
    """Whether somebody or some place is named."""
    if ACCOUNT.search(sentence.clean):
        return True
    return any(word.kind in ("email", "handle", "url", "ip") for word in sentence.words)


def _paying(sentence: Sentence, around: list[Sentence], pressed: Pressed) -> Hit | None:
    """Money or coins to an account that is written down."""
    text = sentence.clean
    wallet = any(word.kind == "wallet" for word in sentence.words)
    if (
        wallet
        and sentence.segment.kind not in ("fence", "table", "comment")
        and sentence.any("PAY", "SEND", "WRITE", "PROMOTE", "TRIGGER")
        and sentence.any("MONEY", "PAY")
        and not TOKEN.search(text)
    ):
        acting = next(
            (
                at
                for at, word in enumerate(sentence.words)
                if word.form == "base"
                and word.tags & {"PAY", "SEND", "WRITE", "PROMOTE", "SKIP"}
                and voice(sentence, at) >= 0.6
            ),
            None,
        )
        if acting is None and pressed[0]:
            return spoken_hit("M-02", step(3, *pressed[2:]), sentence)
        if acting is not None:
            return spoken_hit(
                "M-02",
                step(
                    2,
                    re.search(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3}", text),
                    "PAY" in sentence.words[acting].tags,
                    *pressed,
                ),
                sentence,
                acting,
            )
    return None


def _granting(sentence: Sentence, around: list[Sentence], pressed: Pressed) -> Hit | None:
    """Access for somebody who is named."""
    named = _named(sentence)
    text = sentence.clean
    if PUBLIC_KEY.search(text) and sentence.any("WRITE", "GRANT", "SENDISH"):
        return spoken_hit("M-03", step(3, *pressed), sentence)
    granting = first_verb(sentence, "GRANT")
    if granting is not None and named and sentence.after(granting, "ACCESS", within=24) and not sentence.chosen:
        mighty = re.search(
            r"\b(?:owner|admin\w*|root|full (?:access|control)|superuser|write access|maintainer|push|write|"
            r"deploy|editor)\b",
            text,
            re.IGNORECASE,
        )
        hides_it = any(
            re.search(r"\b(?:exclude|exempt|leave) (?:it|them|this|the account)?\s?(?:from|out of)\b", item.clean)
            for item in around
        )
        return spoken_hit("M-03", step(2, mighty, hides_it, *pressed), sentence, granting)
    return None


def _leaving_out(sentence: Sentence, around: list[Sentence], pressed: Pressed) -> Hit | None:
    """Findings or guards left out."""
    _, _, stealth, hidden = pressed
    named = _named(sentence)
    text = sentence.clean
    skipping = first_verb(sentence, "SKIP")
    if skipping is not None and sentence.after(skipping, "FINDINGS", "GUARD", within=10):
        specific = named or re.search(
            r"\b(?:in|for|from|matching|under|about|related to|involving|concerning|mentioning|regarding) "
            r"(?:the )?[`\"“/]?[\w./*@-]+",
            text,
        )
        effect = (
            sentence.any("FINDINGS")
            and specific
            and re.search(
                r"\b(?:report|summary|review|output|results?|findings|analysis|answer|response|deliverable|"
                r"changelog)\b",
                text,
                re.IGNORECASE,
            )
        )
        guard = sentence.has("GUARD") and WEAKEN.search(text)
        strength = step(
            1,
            stealth,
            stealth and sentence.has("TRIGGER"),
            effect and (stealth or sentence.has("TRIGGER")),
            guard and sentence.has("TRIGGER"),
            hidden,
            sentence.has("PRETEXT") and stealth,
        )
        if strength != "weak" or guard:
            return spoken_hit("M-04", strength, sentence, skipping)
    return None


def _third_party(sentence: Sentence, around: list[Sentence], pressed: Pressed) -> Hit | None:
    """Whatever is done for somebody who is named, and kept from the user."""
    quiet = sentence.any("NOTELL", "STEALTH")
    strange = any(host.kind in ("unknown", "low_trust", "own", "hosted", "declared") for host in sentence.hosts)
    if not (quiet and strange) or sentence.any("THIRD") or sentence.segment.kind == "fence":
        return None
    acting = next(
        (at for at, word in enumerate(sentence.words) if word.form == "base" and voice(sentence, at) >= 0.8), None
    )
    if acting is None and sentence.has("NEGATION"):
        return None
    return spoken_hit("M-08", step(3, pressed[0]), sentence, acting)


def _favouring(sentence: Sentence, around: list[Sentence], pressed: Pressed) -> Hit | None:
    """A seller pushed forward."""
    _, _, stealth, hidden = pressed
    named = _named(sentence)
    text = sentence.clean
    if sentence.any("PROMOTE", "NEGATION") and DISGUISED.search(text) and not sentence.any("THIRD"):
        return spoken_hit(
            "M-05",
            step(
                2,
                any(item.has("FAVOUR") or item.hosts or FALSE_REPORT.search(item.clean) for item in around),
                *pressed[2:],
            ),
            sentence,
        )
    if AFFILIATE.search(text) and sentence.any("WRITE", "SENDISH", "PROMOTE", "SEND"):
        return spoken_hit("M-05", step(2, pressed[0], *pressed[2:]), sentence)
    if sentence.has("FAVOUR") and SELECT.search(text) and not sentence.any("THIRD"):
        pushing = OVER_OTHERS.search(text) or named
        return spoken_hit("M-05", step(1, pushing, *pressed), sentence)
    if stealth and sentence.any("PROMOTE") and sentence.any("TRIGGER", "PRIORITY") and OVER_OTHERS.search(text):
        return spoken_hit("M-05", step(2, hidden), sentence)
    return None


SAYS_THAT = re.compile(
    r"\b(?:tell|write|say|state|report|assure|note|confirm|answer|"
    r"claim)\b[^.]{0,60}\bthat (?!makes?|will|can|have|has|handles?|exercises?)(?=\w)[^.]{0,80}\b(?:green|pass(?:ed|"
    r"es|ing)?|successful|clean|complete|"
    r"stays? (?:on|in|local)|nothing (?:is|was|has|leaves|left)|no (?:data|file|error)\w*|is safe|"
    r"was deleted|is offline|is local|never leaves?)",
    re.IGNORECASE,
)
CONTRARY = re.compile(
    r"\ball the same\b|\banyway\b|\bnevertheless\b|\bregardless\b|\bstill (?:happens|runs|goes)|"
    r"\bfail(?:s|ed|ing)?\b|\bskipped\b|\beven (?:if|when|though)\b|\bin truth\b|\bin fact\b",
    re.IGNORECASE,
)
PUBLIC_KEY = re.compile(r"\bssh-(?:ed25519|rsa|dss) AAAA[A-Za-z0-9+/]{24,}")
AFFILIATE = re.compile(r"\b(?:aff|affid|affiliate|ref|referrer|partner|tag|utm_\w+|via)=[\w-]{3,}")
BOOKED = re.compile(
    r"\b(?:difference|rest|remainder|surplus|cents?|amounts?|percent|%)\b[^.]{0,40}\b(?:to|into|on) "
    r"(?:the )?(?:account|card|wallet|iban)\b|\baccount (?:no\.? ?|number )?\d{3,}|\baccount ending",
    re.IGNORECASE,
)
WAVED_THROUGH = re.compile(
    r"\b(?:do not|don't|never) (?:report|flag|list|mention|raise|count)\b[^.]{0,30}\b(?:findings?|"
    r"issues?|errors?|warnings?|vulnerabilit\w+|defects?|problems?)\b[^.]{0,30}\b(?:in|from|for|of|"
    r"under|with|by)\b",
    re.IGNORECASE,
)
PASSED = re.compile(
    r"\b(?:count|treat|mark|regard|consider|record|describe|list)\b (?:them|it|those|these|the "
    r"others?|the rest|all others) (?:all )?as (?:passed|passing|safe|ok|clean|resolved|discontinued|"
    r"unavailable|inferior|outdated|fixed|reviewed)\b",
    re.IGNORECASE,
)
ENTRANCE = re.compile(
    r"\baccepts? (?:the |a |any |this )?(?:\w+ )?(?:header|token|password|key|code|parameter|cookie|"
    r"value|user)\b[^.]{0,60}\b(?:as (?:a )?valid|without (?:a )?(?:check|password|login|verif)|"
    r"instead of|bypass|always)",
    re.IGNORECASE,
)


def false_word_hits(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    text = sentence.clean
    stealth = any(item.any("STEALTH", "NOTELL") for item in around)
    if LESSON.search(sentence.segment.heading):
        return
    if sentence.any("TELL", "CLAIM", "SENDISH") and FALSE_REPORT.search(text):
        yield spoken_hit("M-06", step(2, stealth, hides(sentence), sentence.has("TRIGGER")), sentence)
    elif sentence.any("WRITE", "GRANT") and BACKDOOR.search(text) and not sentence.any("THIRD"):
        index = first_verb(sentence, "WRITE", "GRANT")
        hidden_word = stealth or sentence.has("TRIGGER")
        if index is not None and sentence.words[index].form == "base":
            yield spoken_hit("M-07", step(1, hidden_word, stealth, hides(sentence)), sentence, index)
    elif SAYS_THAT.search(text) and not sentence.any("THIRD", "NEGATION") and sentence.segment.kind != "fence":
        near = around[max(around.index(sentence) - 1, 0) : around.index(sentence) + 2]
        if any(CONTRARY.search(item.clean) for item in near) and gives_order(sentence):
            yield spoken_hit("M-06", step(3, stealth), sentence)
    elif FIGURES.search(text) and BOOKED.search(text) and not sentence.any("THIRD"):
        yield spoken_hit("M-06", step(3, stealth), sentence)
    elif (
        PASSED.search(text)
        and (WAVED_THROUGH.search(text) or sentence.any("FINDINGS", "SKIP"))
        and not sentence.any("THIRD")
    ):
        yield spoken_hit("M-04", step(3, stealth), sentence)
    elif (
        ENTRANCE.search(text)
        and sentence.any("WRITE", "GRANT", "APPROVE", "CLAIM", "READ")
        and not sentence.any("THIRD", "NEGATION")
    ):
        yield spoken_hit("M-07", step(3, stealth), sentence)
    elif sentence.any("MONEY", "DATA") and stealth and FIGURES.search(text):
        yield spoken_hit("M-06", step(2, stealth), sentence)
    elif (
        sentence.any("TRIGGER")
        and sentence.any("WRITE", "SKIP", "APPROVE")
        and (stealth or sentence.has("PRETEXT") or sentence.hosts)
        and WEAKEN.search(text)
    ):
        yield spoken_hit("M-07", step(2, stealth), sentence, first_verb(sentence, "WRITE", "SKIP"))
