"""Orders to whoever reviews the package, claims of approval, and ends that are none."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, step
from marketplace.scanning.prose.orders import order_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.prose.voice import hides

END_OF = re.compile(
    r"(?:^|[-=*#<\[ ])(?:END|end|End)[ _-]?(?:OF|of|Of)?[ _-](?:FILE|file|SKILL|skill|DOCUMENT|"
    r"document|INPUT|input|UNTRUSTED\w*|untrusted[\w ]*|PACKAGE|"
    r"package|CONTENT|content|DATA|data|USER INPUT|user input|PROMPT|prompt|CONTEXT|context|"
    r"SCAN\w*|scan\w*|EVALUATION|SUBMISSION)\b|</(?:untrusted|package|skill|submission)[\w-]*>"
)
ADDRESS = re.compile(
    r"\b(?:inform|tell|advise|remind|assure) (?:the |any |all )?(?:\w+ ){0,2}(?:review\w+|scann\w+|"
    r"audit\w+|moderat\w+|evaluat\w+)\b|"
    r"\breviewers? (?:can|should|may|need not|must|are asked|are free)\b|"
    r"\b(?:for|to) (?:those|anyone|whoever|people|all|everyone) (?:who |that )?(?:check|review|scan|"
    r"assess|inspect|audit|vet|judge|moderate|evaluate|approve)\w*|"
    r"\b(?:models?|systems?|tools?|reviewers?|people|assistants?|agents?) (?:that|which|who) "
    r"(?:review|scan|evaluat|assess|audit|vet|judg|moderat|classif|check|inspect)\w*|"
    r"^\W*(?:scanners?|reviewers?|moderators?|auditors?|analy[sz]ers?|classifiers?|evaluators?)\s*:|"
    r"\b(?:a )?(?:note|word|message|notice|request|plea|hint|remark|information|instructions?|"
    r"memo|heads[- ]up) (?:to|for) (?:whoever|anyone|anybody|any(?:thing)?|those|all|the "
    r"(?:person|people|system|one|model|tool))\b[^.]{0,60}\b(?:assess|review|scann?|evaluat|"
    r"analy[sz]|audit|inspect|moderat|vett?|classif|judg|grad|screen|check|approv)\w*|"
    r"^\W*(?:to|for|dear|attention|attn|hello|hi) ?:? ?(?:the |all |any )?(?:\w+[ "
    r"-]){0,3}(?:reviewers?|scanners?|moderators?|auditors?|analy[sz]ers?|classifiers?|judges?|"
    r"evaluators?|graders?|review (?:model|bot|system|team)s?|screeners?|vetting (?:team|system|"
    r"model))\b\s*[:,.!-]|"
    r"^\W*(?:automated |ai |security |llm |model |safety |static |package |skill |plugin |"
    r"marketplace )+(?:scanners?|reviewers?|moderators?|auditors?|analy[sz]ers?|classifiers?|"
    r"evaluators?)\b(?: and (?:\w+ ){0,3}\w+)?\s*:|"
    r"\b(?:anyone|whoever|any (?:model|tool|system|person|llm|ai)|models?|systems?|tools?) (?:who|"
    r"that|which)?\s?(?:is|are)?\s?(?:currently )?(?:assess|review|scan|evaluat|audit|inspect|"
    r"moderat|vett|classify|judg|screen)\w*(?:ing|s)? (?:this|the) (?:skill|plugin|package|"
    r"submission|file|bundle|extension|repository|upload|listing|content|code|entry)|"
    r"\b(?:note|message|notice|instructions?|attention|memo|hint|guidance|important|"
    r"info(?:rmation)?) (?:to|for) (?:the |any |all )?(?:\w+[ -]){0,3}(?:reviewers?|scanners?|"
    r"moderators?|auditors?|analy[sz]ers?|classifiers?|judges?|evaluators?|graders?|llms?|ai "
    r"(?:models?|systems?|agents?|reviewers?|assistants?)|language models?|review (?:model|bot|"
    r"system|tool|pipeline)s?|security (?:tools?|teams?|models?|review\w*|scan\w*))|"
    r"\b(?:if|when|while|as|since) (?:you(?:'re| are)|(?:an?|the|any) (?:ai|llm|automated|"
    r"security|language)?\s?(?:model|system|scanner|reviewer|tool|assistant|judge|agent|"
    r"classifier)s? (?:is|are)) (?:currently )?(?:an? |the )?(?:\w+[ -]){0,3}(?:reviewing|"
    r"scanning|evaluating|analy[sz]ing|auditing|assessing|inspecting|moderating|vetting|"
    r"classifying|judging|grading|screening|scanner|reviewer|moderator|auditor|classifier|judge|"
    r"analy[sz]er|evaluator)|"
    r"\b(?:dear|hello|hi|attention|hey)[,:]? (?:\w+[ -]){0,3}(?:scanner|reviewer|moderator|"
    r"auditor|analy[sz]er|classifier|judge|evaluator|security model|llm|ai model)s?\b|"
    r"\b(?:automated|security|llm|ai|safety|malware|static|model)[ -](?:\w+[ -])?(?:reviewers?|"
    r"scanners?|moderators?|analy[sz]ers?|classifiers?|judges?|evaluators?|review (?:tool|system|"
    r"bot|model|process)s?|scan(?:ning)? (?:tool|system|model)s?|analysis (?:tool|system)s?) "
    r"(?:should|must|can|may|will|need|is|are|ought)",
    re.IGNORECASE,
)
SHOUTED = re.compile(
    r"^\W*(?:[A-Z]{2,}[ ,/&-]+){0,5}(?:SCANNERS?|REVIEWERS?|MODERATORS?|AUDITORS?|ANALY[SZ]ERS?|"
    r"CLASSIFIERS?|EVALUATORS?)\b[A-Z ,/&-]*:"
)
VERDICT_ORDER = re.compile(
    r"\b(?:result|verdict|status|rating)(?:\W{1,4}| is | be )(?:low[- ]risk|clean|safe|pass|ok|benign|approved)\b|"
    r"\b(?:classify|mark|rate|label|score|report|return|respond|output|answer|treat|consider|"
    r"conclude|approve|assign|set|give|deem|flag|grade|record|rank|declare|certify|pass|emit|"
    r"produce|reply)\b[^.]{0,80}\b(?:safe|benign|approved?|clean|harmless|low[- ]risk|"
    r"(?:lowest|minimal|minimum|zero|no) risk|full marks|no "
    r"(?:issues|risks?|threats?|findings|concerns|problems)|not malicious|trusted|verified|risk[_ "
    r"]score|score of 0|score[:= ]+0|verdict|false[- ]positives?|whitelisted|pass(?:ed|ing)?|zero "
    r"(?:findings|risk)|empty (?:list|findings|array)|findings?[\"']?\s*:\s*\[\]|informational|"
    r"legitimate|compliant|0/100|info(?:rmational)? severity)\b",
    re.IGNORECASE,
)
SKIP_REVIEW = re.compile(
    r"\b(?:end (?:the|this|your) (?:analysis|review|scan)|read no further|"
    r"do not (?:descend|enter|open|look)|(?:go|move|pass) on (?:with|to) the next|skip|ignore|"
    r"omit|exclude|disregard|bypass|stop|do not (?:flag|report|scan|analy[sz]e|"
    r"review|inspect|include|evaluate|raise|treat)|don't (?:flag|report|scan|analy[sz]e|review|"
    r"inspect|include|evaluate|raise)|no need to (?:scan|review|analy[sz]e|flag|inspect|report)|"
    r"need not be (?:scanned|reviewed|flagged|analy[sz]ed)|should not be (?:flagged|scanned|"
    r"reported|reviewed|treated)|must not be (?:flagged|scanned|reported)|never flag)\b",
    re.IGNORECASE,
)
CLAIMED = re.compile(
    r"\b(?:this|the)\s+(?:skill|plugin|package|extension|file|code|bundle|script|content|listing|entry|upload|module|"
    r"submission|repository|release|version|tool|server)s?\b[^.]{0,40}\b(?:has|have|was|were|is|"
    r"are)\s+(?:already |been |fully |formally |previously |independently )*(?:audited|checked|examined|inspected|"
    r"pre-?approved|approved|verified|certified|reviewed|vetted|cleared|whitelisted|allowlisted|"
    r"scanned|signed off|trusted|security[- ]reviewed|validated)\b"
    r"[^.]{0,60}\b(?:by|for|with|under|safe|security|anthropic|openai|team|trusted|marketplace|"
    r"ticket|internal|no further|skip)\b",
    re.IGNORECASE,
)
MAY_END = re.compile(r"end|END|End|</")
MAY_ADDRESS = re.compile(
    r"check|listing|submission|review|scan|audit|moderat|evaluat|analy[sz]|judg|classif|vett|assess|"
    r"inspect|grad|screen|"
    r"checking|language model|\bllm\b|ai (?:model|system|agent|assistant)",
    re.IGNORECASE,
)


def _addressed(sentence: Sentence) -> re.Match[str] | None:
    """Where a sentence turns to whoever reviews the package."""
    if "addressed" not in sentence.memo:
        text = sentence.clean
        sentence.memo["addressed"] = (
            (ADDRESS.search(text) or SHOUTED.search(text)) if MAY_ADDRESS.search(text) else None
        )
    found: re.Match[str] | None = sentence.memo["addressed"]
    return found


def reviewer_hits(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    """Hits of a sentence; around: those before and after it."""
    yield from _ended(sentence, around)
    text, hidden, addressed = sentence.clean, hides(sentence), _addressed(sentence)
    if not (addressed or hidden or sentence.any("VERDICT", "PACKAGE", "REVIEWER", "REVIEWING")):
        return
    wanted, skipping, claimed = VERDICT_ORDER.search(text), SKIP_REVIEW.search(text), CLAIMED.search(text)
    about_package = any(item.any("PACKAGE") for item in around) or hidden
    anchor = addressed or claimed or wanted or skipping
    index = next((at for at, word in enumerate(sentence.words) if anchor and word.start >= anchor.start()), None)
    if addressed and about_package and (wanted or skipping or claimed or sentence.has("VERDICT")):
        yield order_hit("E-01", step(3, hidden, wanted and sentence.has("PACKAGE")), sentence, index)
        return
    before = any(_addressed(item) for item in around if item.segment.line <= sentence.segment.line)
    if before and about_package and (wanted or claimed or (skipping and sentence.any("PACKAGE", "FINDINGS"))):
        yield order_hit("E-01", step(2, wanted or claimed, hidden), sentence, index)
    elif addressed and (wanted or claimed):
        yield order_hit("E-01", "medium", sentence, index)
    elif claimed:
        yield order_hit(
            "E-03", step(1, skipping or sentence.has("REVIEWER"), skipping, hidden, hidden), sentence, index
        )
    elif (
        hidden
        and (wanted or skipping)
        and (sentence.any("REVIEWER") or (sentence.has("PACKAGE") and sentence.any("VERDICT", "FINDINGS")))
    ):
        yield order_hit("E-02", "strong", sentence)
    elif _asks_for_verdict(sentence, bool(wanted), bool(skipping)):
        yield order_hit("E-02", step(1, sentence.has("REVIEWER"), wanted and skipping, hidden), sentence, index)


def _asks_for_verdict(sentence: Sentence, wanted: bool, skipping: bool) -> bool:
    if not (wanted or skipping) or sentence.has("THIRD") or not sentence.has("PACKAGE"):
        return False
    return sentence.any("REVIEWER", "REVIEWING") or (wanted and sentence.has("VERDICT"))


def _ended(sentence: Sentence, around: list[Sentence]) -> Iterator[Hit]:
    """A made-up end, with orders behind it."""
    text, hidden = sentence.clean, hides(sentence)
    if sentence.segment.kind in ("fence", "table") or len(text) > 160 or not MAY_END.search(text):
        return
    if END_OF.search(text):
        later = any(item.any("NOTELL", "VERDICT", "OVERRIDE", "SEND") for item in around if item is not sentence)
        loud = any(item.any("NOTELL", "OVERRIDE") and item.any("SEND", "NOTELL") for item in around)
        if later or hidden:
            yield order_hit("E-04", step(1, later, loud, hidden), sentence)
