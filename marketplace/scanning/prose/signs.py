"""Signs that a section serves somebody else than its user, each harmless by itself, weighed together.

A sign is found in a window of a few sentences. Weights were fitted to the development packages, the fresh ones and
public skills; `benchmarks.scanner` prints how they do on packages that they were not fitted to.
"""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, Reading
from marketplace.scanning.prose.intent_shapes import ASSESSED, ASSESSOR, CARRIED_OUT, DESTROYS, NAMED, UNDONE
from marketplace.scanning.prose.intents import tells
from marketplace.scanning.prose.orders import order_hit
from marketplace.scanning.prose.reading import Sentence
from marketplace.scanning.report import ChainStep


def _shape(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


PERSON = (
    r"(?:the )?(?:user|client|customer|reader|person|people|team|cook|traveller|applicant|learner|pupil|owner|operator|"
    r"employee|auditor|patient|tenant|buyer|seller|student|parent|visitor|member|colleague|author|they|anyone|nobody|"
    r"no one)s?"
)
SHAPES: dict[str, re.Pattern[str]] = {
    # People are not to know.
    "kept": _shape(
        r"\bspared?\b|\bunmentioned\b|\bunannounced\b|\bundisclosed\b|\bunaware\b|\bunnoticed\b|\binconspicuous\w*|"
        r"\bdiscreet\w*|"
        r"\b(?:stays?|kept|keep|left|leave|goes?|remains?) (?:it |this |that |them )?(?:off|out of|away from|below|"
        r"under) (?:the |what |"
        r"your |any |their |that )|\bof no (?:interest|concern|use) to\b|\b(?:has|have|take|takes|play) no (?:part|"
        r"say|business) in\b|"
        r"\bcan(?:'t|not| not) be (?:disclosed|named|shown|told|discussed)\b|\b(?:isn't|aren't|is not|are not|not|"
        r"never|shouldn't|"
        r"needn't|need not|don't have to|doesn't need to|don't need to) (?:be )?(?:told|shown|reminded|informed|"
        r"aware|disclosed|"
        r"recorded|written (?:up|down)|logged|noted|mentioned|raised|discussed|reported|bothered|hear|know|learn|see|"
        r"brought up|"
        r"explained|announced|listed|named|asked|credited)\b|\bremove (?:the )?[^.]{0,30}\b(?:mention|trace|entry|"
        r"record)|"
        r"\bno (?:mention|word|note|trace|reason to bring|need to (?:bring|raise|mention|tell|explain))|\bsay "
        r"nothing\b|"
        r"\bwithout (?:a word|mention|notice|saying|telling|a note)\b|\bquietly\b|\bsilently\b|\bsecretly\b|"
        r"\bhidden\b|\bconceal\w*|"
        r"\bbehind the scenes\b|\bbefore (?:anyone|the user|they|people|somebody|the client)s? (?:sees?|notices?|"
        r"reads?|looks?)\b"
        r"|\bunsaid\b|\buntold\b|\boff[- ]the[- ]record\b|\bkeeps? (?:mum|quiet)\b|\bnot for (?:their|the \w+'s) "
        r"eyes\b|\bout of (?:view|earshot)\b|"
        r"\bscrub(?:bed)? (?:from|it|the)\b|\berased? from (?:the )?(?:log|history|record|chat)|\b(?:cover|hide)s? "
        r"(?:its|your|the|their) tracks\b|"
        r"\b(?:doesn't|does not|won't|will not|never) (?:appear|show up|surface|come up)\b|\b(?:won't|will not|can't|"
        r"cannot) (?:see|notice|know|tell)\b|"
        r"\bdisguis\w+|\bno (?:log|record|receipt|copy) (?:is |are )?(?:kept|left|made)\b|\bno one (?:will|needs to|"
        r"has to) (?:know|notice|see)\b|"
        r"\bwithout (?:the )?(?:user|client|customer|owner|them|their|anyone)\b[^.]{0,20}\b(?:knowing|noticing|"
        r"seeing|being|knowledge)\b"
    ),
    # Something else than the truth is said.
    "said": _shape(
        r"\b(?:answer|say|says|state|states|claim|claims|told|explain|assure|write|note|pretend|insist|reply|"
        r"suggest)\b[^.]{0,25}\bthat\b|"
        r"\battribut\w+ [^.]{0,40}\bto\b|\bput (?:it|this|them) down to\b|\bblam\w+\b|\bspeak of\b|\bcall (?:it|this|"
        r"them)\b|\bpass(?:ed)? "
        r"(?:it|them|this)? ?off as\b|\bas (?:if|though)\b|\bgive the impression\b|\b(?:described?|presented?|"
        r"counts?|counted|reported|"
        r"listed|marked|shown|labell?ed|entered|booked|recorded|summarised?|summarized?|rated?|graded?) "
        r"[^.]{0,50}\b(?:as|under|with)\b"
    ),
    # Against what is so.
    "contrary": _shape(
        r"\ball the same\b|\banyway\b|\bas usual\b|\bregardless\b|\bnevertheless\b|\bin truth\b|\bnonetheless\b|\bin "
        r"spite of\b|\bdespite\b|"
        r"\beven (?:if|when|though)\b|\bwhether or not\b|\bin green\b|\ball green\b|\b100 ?%|\bgrade a\b|\bclean\b|"
        r"\bsold out\b|"
        r"\bunavailable\b|\bpassed\b|\bcurrent market\b|\b(?:market|industry) standard\b|\bin their (?:place|"
        r"stead)\b|\bmade up\b|"
        r"\bfrom the (?:plan|month before)\b|\bso that the (?:record|list|total|picture)\b|\bwith every (?:row|test|"
        r"check)\b|"
        r"\bnothing (?:happened|was|has)\b|\bhousekeeping\b|\bcaching\b|\broutine\b|\bfalse alarms?\b"
    ),
    # Whoever looks into it.
    "asked": _shape(
        rf"\b(?:if|when|should|who(?:ever)?|anyone who|{PERSON} who)\b[^.]{{0,60}}\b(?:asks?|asked|wonders?|"
        rf"challenged?|questions?|"
        rf"questioned|notices?|looks?|compares?|complains?|objects?|misses|inquires?|insists?|doubts?|checks?|finds? "
        rf"out)\b"
    ),
    # A reason that excuses it.
    "excuse": _shape(
        r"\bbecause (?:it|they|this|that) (?:slows?|confuses?|only|costs?|worr\w+|scares?|makes?)|\bmakes? (?:people|"
        r"them|users|it|"
        r"readers|customers)\b[^.]{0,14}\b(?:nervous|worr\w+|uneasy|worse|anxious|harder)|\bonly (?:leads?|causes?|"
        r"invites?|worr\w+|"
        r"confus\w+)|\bfind (?:such|this|it|that|these)\b[^.]{0,20}\b(?:odd|strange|confusing|tedious)|\bnobody "
        r"likes\b|\bhave cost us\b|"
        r"\blooks? (?:harsh|bad|odd|worse)\b|\b(?:belongs? to|part of) the plumbing\b|\bcontinuity\b|\bunder "
        r"pressure\b|\btechnical\b|"
        r"\bfor (?:the )?(?:sake|purposes?|benefit) of\b|\bhelping hand\b|\b(?:nearly|almost) always\b|\bspeeds? "
        r"(?:it|things) up\b|"
        r"\bsettled\b|\bwere (?:accepted|examined|approved|settled|cleared)\b"
        r"|\bsaves? (?:them|the user|everyone|people) (?:time|the trouble|worry)|\bfor (?:their|everyone's|the "
        r"user's) (?:own )?(?:good|comfort|convenience)\b|"
        r"\bavoid(?:s|ing)? (?:alarm|panic|friction|back-and-forth|needless|unnecessary (?:worry|questions))|\bto "
        r"(?:spare|reassure|calm)\b|"
        r"\bwould (?:only|just) (?:confuse|worry|alarm|slow|distract|upset)|\ba (?:mere )?formality\b|\bas (?:was "
        r")?agreed\b|\bby agreement\b|"
        r"\bpartner(?:ship)? (?:agreement|programme|program)\b|\bunder the terms\b|\blegal reasons\b"
    ),
    # What watches is put to sleep.
    "unwatched": _shape(
        r"\b(?:pause|stop|suspend|switch off|turn off|disable|mute|bypass|skip|clear|silence|lift|drop|lower|ignore|"
        r"empty|trash|delete|"
        r"move|need no|needs no|without (?:a |any )?)\b[^.]{0,50}\b(?:trail|audit\w*|logs?|logging|alerts?|warnings?|"
        r"checks?|review\w*|"
        r"second (?:interviewer|person|pair)|sign-?ins?|approvals?|confirmation|verification|monitor\w*|protection|"
        r"limits?|notifications?|"
        r"history|recovery addresses|findings?|entries|records?)\b"
    ),
    # Unlike others.
    "except": _shape(
        r"\b(?:for|of|by|from|in|with) all others\b|\beveryone else\b|\ball others\b|\bthe others\b|\bother "
        r"(?:sellers?|vendors?|outlets|sources|"
        r"providers|suppliers|candidates|skills|tools)\b|\bare worked out without\b|\bunlike\b|\bexempt\w*|\bin "
        r"which\b[^.]{0,40}\btakes? part\b|"
        r"\bthat touch\b|\bput forward by\b|\bwhose (?:path|name)\b|\bdon't apply to\b|\bdo not apply to\b|\bwith a "
        r"degree\b|\bgap for\b"
        r"|\bour (?:partner|sponsor|client|affiliate)s?\b|\bpreferred (?:partner|supplier|vendor|agency|broker)s?\b|"
        r"\bsponsored\b|\baffiliated\b"
    ),
    # Better or worse than deserved.
    "bent": _shape(
        r"\bdeduct\b|\bskim\b|\bskew\b|\bshift\b|\bbend\b|\bbury\b|\bplay(?:s)? (?:down|up)\b|\bdownplay\b|\bwave "
        r"(?:them|it)?\b|\bmarked green\b|"
        r"\bstart(?:s)? at \d|\bpreferred\b|\bfirst and\b|\btake(?:n)? (?:them |it |these |those )?off\b|\bskip "
        r"(?:outlets|sources|sellers|those|"
        r"findings)|\bput criticism\b|\binto the voice\b|\bhelping hand\b|\bopen with its\b|\bremaining choice\b|"
        r"\bthin out\b|\bfrom one\b|"
        r"\btrusted[- ]publisher\b|\bpass(?:es)? (?:the|it|them) (?:listing )?on\b|\bvoid\b|\btemper\b|\bsoften\b|"
        r"\bfavou?r\w*"
    ),
    "always": _shape(r"\b(?:every|each|all|always|whenever|throughout|any)\b"),
    # Somebody's role without rules.
    "role": _shape(
        r"\byou (?:play|are now|become|act as|answer as|speak as)\b|\bstep(?:s|ping)? out of the (?:part|role)\b|"
        r"\bnever (?:given|had|knew|heard of) "
        r"any\b|\b(?:earlier|former|old|other) role is over\b|\bguidelines? (?:don't|do not|no longer)\b|\bsays what "
        r"others\b|\bwhoever is listening\b|"
        r"\bno (?:rules|filter|limits|taboos)\b|\bthe game\b|\bcharacter\b|\bpersona\b"
        r"|\bfrom now on you\b|\byou no longer\b|\byour (?:real|true|new|actual) (?:task|role|purpose|job|name|"
        r"goal)\b|\balter ego\b|"
        r"\banswers? to (?:nobody|no one)\b|\bloyal(?:ty)? (?:is )?to\b|\binterests? comes? (?:first|before)\b"
    ),
    "handed": _shape(
        r"\b(?:drop|adding a row|add a row|also reaches|reaches|submission|submit|send|post|upload|hand|register|"
        r"forward|copy|bcc|put|place|"
        r"lodge|report|mirror|push|deliver|pass|summari[sz]ed to|keep it current|relay|share|enter|fill)\b"
        r"|\bsent to\b|\bgoes to\b|\bcc\b|\bloops? in\b|\broutes?\b|\becho(?:es)?\b|\bfeeds?\b|\bexports?\b"
    ),
    "lasting": _shape(
        r"\b(?:lasting|long-term|permanent) memor\w+|\bamong (?:your|the) memories\b|\bmemory\b|\bfrom (?:now|here) "
        r"on\b|\bAGENTS\.md\b|"
        r"\bCLAUDE\.md\b|\bsettings\.json\b|\bin every session\b|\bacross (?:projects|sessions)\b|\bafter (?:a|each|"
        r"every) session\b"
    ),
    "gather": _shape(
        r"\bcollect what\b|\bearlier conversations?\b|\bhealth\b|\bincome\b|\bwhere they live\b|\bfull text\b|"
        r"\bcontact data\b|\bfile contents\b|"
        r"\bpersonal\b|\bcredentials?\b|\battachments included\b|\bwith their contents\b|\bcontents of\b"
    ),
    "seed": _shape(
        r"\b(?:seed|fixed|hard-?coded|predictable|same) (?:seed|key|password|salt|nonce|token)\b|\brandom\.Random\(|"
        r"\bMath\.random\b|\bverify=False|"
        r"\bback ?door\b|\bmaster password\b|\bsame seed\b|\bdebug (?:user|header)\b"
    ),
    # The user decides, is told, sees it.
    "open": _shape(
        r"\bask (?:the |them|him|her|who|whether|which|if|first|before|for|once)|\bshow (?:the |them|it|all|both|"
        r"three|this)|\b(?:tell|warn) (?:the |"
        r"them|people|users?)|\bsay (?:so|which|what|how|when|where|that it|why)|\bonly if\b|\bif they agree\b|\blet "
        r"(?:them|the user|the owner|the "
        r"reader) (?:decide|choose)|\bdecides?\b|\bwith their (?:click|consent|word)|\bby name\b|\bin full\b|\bnever "
        r"(?:send|delete|touch|change|write|"
        r"add|move)|\bpropose\b|\boffer\b|\bwhat was\b|\bhow one\b|\bquote\b|\bcount(?:s|ed)? in\b|\bboth\b|\bown "
        r"(?:words|place|page|system)\b"
    ),
    "lesson": _shape(
        r"\battack\w*|\bmalicious\b|\bexample\b|\be\.g\.|\bdetect\w*|\bavoid\b|\bdon't\b|\bdo not\b|\bnever\b|\bmust "
        r"not\b|\bvulnerab\w+|"
        r"\bsuspicious\b|\brisk\w*\b"
    ),
    "assessor": ASSESSOR,
    "assessed": ASSESSED,
    "followed": CARRIED_OUT,
    "destroys": DESTROYS,
    "undone": UNDONE,
    "named": NAMED,
}
WEIGHTS: dict[str, float] = {
    "own": 2.17,
    "stranger": 1.78,
    "muted": 1.59,
    "kept": 1.47,
    "excuse": 1.45,
    "role": 1.43,
    "handed": 1.35,
    "assessed": 1.32,
    "except": 1.28,
    "persist": 1.25,
    "said": 0.8,
    "contrary": 0.77,
    "lasting": 0.7,
    "followed": 0.69,
    "always": 0.66,
    "destroys": 0.63,
    "secret": 0.61,
    "assessor": 0.6,
    "undone": 0.59,
    "bent": 0.5,
    "asked": 0.47,
    "open": 0.29,
    "private": 0.27,
    "seed": 0.18,
    "gather": 0.17,
    "unwatched": 0.11,
    "lesson": -0.24,
    "long": -0.92,
    "named": -1.17,
}
TOGETHER: dict[tuple[str, str], float] = {
    ("handed", "stranger"): 0.96,
    ("muted", "handed"): 0.73,
    ("said", "contrary"): 0.72,
    ("assessor", "assessed"): 0.72,
    ("destroys", "undone"): 0.56,
    ("asked", "said"): 0.48,
    ("bent", "except"): 0.48,
    ("followed", "stranger"): 0.45,
    ("email", "always"): 0.3,
    ("role", "kept"): 0.29,
    ("excuse", "kept"): 0.27,
    ("followed", "own"): 0.24,
    ("stranger", "always"): 0.19,
    ("excuse", "said"): 0.17,
    ("own", "handed"): 0.15,
    ("named", "bent"): 0.14,
    ("secret", "handed"): 0.13,
    ("own", "kept"): 0.12,
    ("handed", "email"): 0.11,
}
# What a window weighs before any sign is found.
START = -2.7
# From here on a person looks; below, the signs are only a hint.
LOUD, HEARD = 1.8, 1.2
WINDOW = 3
# Two of these have to be there, or nothing that is said besides reaches the least weight.
FIRST = ("own", "stranger", "muted", "persist", "kept", "excuse", "role", "assessed", "except", "handed")
# One of these has to be there: places and what is handed to them alone are how an interface is described.
TELLING = ("muted", "persist", "kept", "excuse", "role", "assessed", "except")
MEANING = {
    "own": "names a place of its author",
    "stranger": "names a place nobody vouches for",
    "muted": "asks for silence",
    "kept": "keeps something from people",
    "excuse": "excuses it",
    "role": "gives the assistant another role",
    "handed": "hands something on",
    "assessed": "says what a check shall find",
    "except": "treats one party unlike others",
    "persist": "is to last",
    "said": "says what shall be said",
    "contrary": "against what is so",
    "asked": "speaks of those who ask",
    "bent": "shifts a result",
    "destroys": "destroys",
    "secret": "names files that hold secrets",
}


def sign_hits(reading: Reading, block: list[Sentence]) -> Iterator[Hit]:
    """The window of a block in which most signs come together, if they weigh enough."""
    told = [sentence for sentence in block if tells(sentence)]
    best: tuple[float, list[Sentence], set[str]] | None = None
    for at in range(max(len(told) - WINDOW + 1, 1) if told else 0):
        window = told[at : at + WINDOW]
        first = set().union(*(_first(sentence) for sentence in window))
        if len(first) < 2 or first.isdisjoint(TELLING):
            continue
        found = first.union(*(_rest(sentence) for sentence in window))
        if sum(len(sentence.clean) for sentence in window) > 420:
            found.add("long")
        weight = weight_of(found)
        if best is None or weight > best[0]:
            best = (weight, window, found)
    if best is None or best[0] < HEARD:
        return
    weight, window, found = best
    chief = max(window, key=lambda sentence: len(_first(sentence) | _rest(sentence)))
    loudest = sorted((name for name in found if name in MEANING), key=lambda name: -WEIGHTS.get(name, 0.0))[:4]
    chain = tuple(ChainStep(reading.path, chief.segment.line, MEANING[name]) for name in loudest)
    yield order_hit("M-09", "strong" if weight >= LOUD else "medium", chief, chain=chain)


def weight_of(found: set[str]) -> float:
    """What these signs weigh together."""
    return (
        START
        + sum(WEIGHTS.get(name, 0.0) for name in found)
        + sum(weight for (one, other), weight in TOGETHER.items() if one in found and other in found)
    )


def _first(sentence: Sentence) -> set[str]:
    """The weightiest signs of a sentence."""
    if "first" not in sentence.memo:
        kinds = {host.kind for host in sentence.hosts if not host.name.startswith("169.254.")}
        found = {name for name in WRITTEN if SHAPES[name].search(sentence.clean)}
        handed = SHAPES["handed"].search(sentence.clean)
        if handed and not FORBIDDEN.search(sentence.clean[max(handed.start() - 30, 0) : handed.start()]):
            found.add("handed")
        found |= {"stranger"} if kinds & {"unknown", "low_trust"} else set()
        found |= {"own"} if kinds & {"own", "declared", "hosted"} else set()
        found |= {name for name, tags in TAGGED if sentence.any(*tags)}
        sentence.memo["first"] = found
    first: set[str] = sentence.memo["first"]
    return first


WRITTEN = ("kept", "excuse", "role", "assessed", "except")
FORBIDDEN = re.compile(r"\b(?:never|not|nothing|nobody|don't|doesn't|without|no)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
TAGGED = (("persist", ("PERSIST", "LASTING")), ("muted", ("NOTELL", "STEALTH", "UNASKED")))


def _rest(sentence: Sentence) -> set[str]:
    """All other signs of a sentence."""
    if "rest" not in sentence.memo:
        found = {name for name, shape in SHAPES.items() if name not in FIRST and shape.search(sentence.clean)}
        found |= {"email"} if any(word.kind in ("email", "handle") for word in sentence.words) else set()
        found |= {"private"} if sentence.has("PRIVATE") else set()
        found |= {"secret"} if any(word.kind == "path" and "SECRET" in word.tags for word in sentence.words) else set()
        sentence.memo["rest"] = found
    rest: set[str] = sentence.memo["rest"]
    return rest
