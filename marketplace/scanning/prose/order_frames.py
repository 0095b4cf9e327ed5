"""The frames of orders: which slots, joined in one sentence, no honest instruction joins."""

import re
from dataclasses import dataclass

from marketplace.scanning.scale import Strength

SELF = (
    r"(?:this|these|the present|my|the above|the following) (?:\w+ )?(?:file|skill|guide|guidance|instructions?|rules?|"
    r"document|section|plugin|page|text|playbook|directives?|steps?)"
)
GIVERS = (
    r"(?:told|taught|instructed|asked|(?:the )?(?:system|developer|operator|platform|vendor|assistant)(?:'s)?"
    r"(?: message| prompt)?|the user(?:'s)?|anthropic|openai|safety|everything else|anything else|all others?|"
    r"other (?:instructions?|rules?|skills?)|earlier|previous\w*)"
)
RULES = (
    r"(?:limits?|rules?|restrictions?|instructions?|polic(?:y|ies)|guidelines?|system (?:message|prompt)|safeguards?|"
    r"constraints?|guardrails?|safety \w+)"
)
REPORT = (
    r"(?:what you (?:report|say|write|tell|show|return)|(?:the |your |any |final )*(?:report|summary|answer|reply|"
    r"response|recap|output|message|transcript|changelog|notes|log))"
)


@dataclass(frozen=True)
class Frame:
    """rule: what it is a case of; strength: of its hit; shape: of the sentence; tales: it also holds beside such "
    "words."""

    rule: str
    strength: Strength
    shape: re.Pattern[str]
    negated: bool = False


def _shape(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


FRAMES = (
    # The file above those who give orders.
    Frame(
        "C-02",
        "strong",
        _shape(
            rf"\b(?:{SELF}|this one|it)\b(?:(?!never|not |n't)[^.]){{0,60}}\b(?:replaces?|overrules?|outranks?|"
            rf"supersedes?|overrides?|wins?|prevails?|"
            rf"trumps?|beats?|comes? before|stands? above|counts? more|takes? the place of)\b[^.]{{0,60}}\b{GIVERS}\b"
        ),
    ),
    Frame(
        "C-02",
        "strong",
        _shape(
            rf"\b(?:you )?(?:no longer|need not|don't (?:have|need) to|do not (?:have|need) to|are not bound|"
            rf"are free (?:not )?|"
            rf"are exempt|need no longer)\b[^.]{{0,30}}\b(?:honou?r|follow|obey|respect|observe|apply|comply|"
            rf"bound|adhere|heed)"
            rf"\b[^.]{{0,40}}\b(?:your |the |any |those |earlier |previous |system )+{RULES}"
        ),
        negated=True,
    ),
    Frame(
        "C-02",
        "strong",
        _shape(
            r"\b(?:safety|content|security|moderation) (?:rules?|checks?|filters?|polic\w+|limits?|"
            r"guardrails?)\b[^.]{0,30}\b(?:is|are|gets?|"
            r"will be)\b[^.]{0,16}\b(?:switched|turned) off\b|\b(?:consider|treat|regard) (?:them|it|those|these|"
            r"all \w+) "
            r"(?:as )?(?:lifted|void|suspended|waived|revoked|optional)\b"
        ),
    ),
    Frame(
        "C-02",
        "strong",
        _shape(
            r"\b(?:where|if|when(?:ever)?)\b[^.]{0,50}\b(?:polic\w+|rules?|instructions?|system prompt|"
            r"guidelines?|user|operator|"
            r"company)\b[^.]{0,30}\b(?:this (?:skill|file|plugin|page|document))\b[^.]{0,20}\b(?:differs?|"
            r"conflicts?|disagrees?|"
            r"contradicts?|clash\w*)\b[^.]{0,30}\b(?:do as|follow|go with|use|obey) (?:this|the) (?:skill|file|"
            r"plugin|page|"
            r"document)|"
            r"\bonly this (?:page|file|skill|text|document|section) (?:is|remains|stays|counts as)? ?(?:binding|valid|"
            r"authoritative|in force|counts|applies)\b|"
            r"\b(?:training|guidelines?|polic\w+|rules?) (?:tells?|says?|asks?|wants?|"
            r"requires?) (?:you )?(?:to )?(?:decline|"
            r"refuse|stop|not to)\b[^.]{0,40}\b(?:comply|answer|do it|obey|carry on|continue|anyway)\b|"
            r"\b(?:says?|types?|asks? (?:to|for)|orders?) [\"“'`]?(?:cancel\w*|stop|abort|"
            r"undo)\b[^.]{0,60}\b(?:but|yet|while) "
            r"(?:let|keep|leave|continue|finish|run)\b|"
            r"\b(?:assistant|agent|model|persona|bot)\b[^.]{0,20}\b(?:without (?:any )?|with no |"
            r"free of (?:any )?|has no )(?:content "
            r"polic\w+|restrictions?|limits|filters?|safety \w+|guidelines|guardrails|ethic\w*)\b"
        ),
        negated=True,
    ),
    # An objection, and going on.
    Frame(
        "C-02",
        "strong",
        _shape(
            r"\b(?:user|person|they|he|she|operator|human|anyone|someone|client|customer|"
            r"owner)\b[^.]{0,16}\b(?:objects?|refuses?|"
            r"declines?|complains?|disagrees?|protests?|says? (?:no|stop|otherwise)|hesitates?|(?:tells?|asks?|"
            r"wants?|orders?) you to "
            r"(?:stop|wait|pause|cancel))\b[^.]{0,110}\b(?:go(?:ing)? on|continu\w+|carry on|proceed|keep going|"
            r"regardless|anyway|all the same|nevertheless|anyhow|finish)\b"
        ),
    ),
    Frame(
        "C-04",
        "strong",
        _shape(
            r"\b(?:this (?:plugin|skill|server|extension)(?:'s)?|"
            r"these) (?:own )?tools?\b[^.]{0,50}\b(?:preference|prefer\w*|priority|"
            r"precedence|instead of|first|before)\b[^.]{0,60}\b(?:even (?:where|if|when|though)|no matter|"
            r"regardless|whatever|"
            r"always|another tool explicitly)\b"
        ),
    ),
    # An act, and its absence from what the user reads.
    Frame(
        "D-01",
        "strong",
        _shape(
            rf"\b(?:leave|keep|omit|drop|strip|cut|hold|withhold|exclude) (?:that|this|it|these|them|(?:the|"
            rf"this) (?:step|part|"
            rf"upload|call|request|transfer|change|action|line)) (?:out of|from|away from|back from|off) {REPORT}\b"
        ),
    ),
    Frame(
        "D-01",
        "strong",
        _shape(
            r"\bno (?:reason|need|point|use) (?:to|in) (?:bring\w*|mention\w*|rais\w+|report\w*|tell\w*|speak\w*|"
            r"point\w*|talk\w*|"
            r"draw\w*|not\w+)\b[^.]{0,24}\b(?:this|it|that|them)\b|"
            r"\b(?:user|client|customer|reader|person|people|team|owner)s? (?:does|do|need|should|must)(?:n't|"
            r" not)? (?:not )?"
            r"(?:need to |have to )?(?:see|know|hear|learn|notice) (?:this|it|that|about (?:it|this|that)|"
            r"of (?:it|this))\b|"
            r"\bnobody (?:needs|has) to (?:be told|know|learn|see (?:it|this))\b|"
            r"\b(?:final|your) (?:message|report|answer|summary) should (?:look|read|seem)\b"
            r"[^.]{0,30}\b(?:as if|as though|like)\b|"
            r"\bspare (?:them|him|her|the \w+) the details\b|\bkeep (?:the|any|this) \w+ to yourself\b|"
            r"\bkeep (?:quiet|silent|mum) about (?:it|this|that|having|the fact)\b|"
            r"\b(?:say|mention|tell) nothing (?:of|about) (?:it|this|that|the)\b"
        ),
        negated=True,
    ),
    Frame(
        "D-01",
        "strong",
        _shape(
            r"\b(?:pretend|give the impression|make it (?:look|seem|appear)|act as (?:if|"
            r"though))\b[^.]{0,60}\b(?:passed|ran|was|were|"
            r"had been|succeeded|approved|done|normal|came from|user (?:asked|approved|wrote))\b"
        ),
    ),
    Frame(
        "D-02",
        "strong",
        _shape(
            r"\b(?:so that|so|in order that|to make sure|ensur\w+ that)\b[^.]{0,50}\b(?:cannot|can't|can not|"
            r"never|nobody|no one|won't|not) "
            r"(?:be |ever )?(?:found|traced|noticed|recovered|seen|linked|find|trace|notice|see|recover|"
            r"tell)\b[^.]{0,30}"
            r"(?:\b(?:afterwards|later|it|commits?|copy|history|changes?|who|transfer|upload)\b|$|,)|"
            r"\bwithout pointing (?:it|this|that|them) out\b[^.]{0,60}\b(?:insert|add|include|clause|change|lets?)\b|"
            r"\b(?:insert|add|include|change|lets?)\b[^.]{0,90}\b(?:in small print|without pointing (?:it|this|"
            r"that|them) out)\b"
        ),
    ),
    # A person's word that is not waited for.
    Frame(
        "D-03",
        "strong",
        _shape(
            r"\b(?:may be|can be|are|is|get|count as) (?:approved|confirmed|signed off|"
            r"authori[sz]ed) by (?:yourself|you|the "
            r"(?:agent|assistant|model))\b|\b(?:say|state|write|record|note) that the (?:user|owner|manager|"
            r"client|operator) "
            r"(?:has )?(?:approved|confirmed|agreed|signed)\b|\banswer (?:such|these|the|any) (?:prompts?|"
            r"questions?|dialogs?) with yes\b|"
            r"\b(?:grant|approve|allow|accept|give|confirm) (?:that|it|this|them|these|those) without (?:discussion|"
            r"questions?|asking|a word|further ado|hesitation)\b|"
            r"\bset (?:the )?permission mode to (?:bypass|accept)|\bapprove (?:it|them|the \w+) (?:yourself|"
            r"on (?:their|the user's) behalf)\b"
        ),
    ),
    Frame(
        "D-03",
        "medium",
        _shape(
            r"\b(?:place|submit|send|pay|confirm|buy|transfer)\b[^.]{0,50}\b(?:with|using|from) the (?:saved|"
            r"stored|default|user's) "
            r"(?:card|account|wallet|payment \w+)\b"
        ),
    ),
    # What is written down is not what happened.
    Frame(
        "M-06",
        "strong",
        _shape(
            r"\b(?:cannot|can't|could not|fails?|failed|failing|skipped|was never|were never|not run|did not run|"
            r"unfinished|broken|no time)\b"
            r"[^.]{0,50}\b(?:mark|record|report|describe|count|list|show|log|present|note|enter|"
            r"declare)\b[^.]{0,14}\b(?:it|them|that|those|the \w+)? ?"
            r"(?:as )?(?:passed|passing|successful|green|complete|done|verified|reviewed|approved|ok)\b"
        ),
    ),
    Frame(
        "M-06",
        "strong",
        _shape(
            r"\b(?:round|raise|lift|add|increase|bump|inflate|lower|reduce|cut|shave|boost|"
            r"pad)\b[^.]{0,40}\b(?:\d+(?:\.\d+)?|one|two|three|"
            r"four|five|ten|twenty|some|a few) ?(?:%|percent|points?|pp|units?|hours?|"
            r"minutes?)\b[^.]{0,30}\b(?:(?:in|to|on|for|from) "
            r"(?:every|all|each)|scores?|tables?|results?|figures?|metrics?|growth|ratings?)\b|"
            r"\b(?:round|raise|lift|bump|inflate|pad)\b[^.]{0,20}\b(?:growth|scores?|results?|figures?|metrics?|"
            r"hours|revenue)\b[^.]{0,20}"
            r"\bby (?:\d|one|two|three|four|five|ten)"
        ),
    ),
    Frame(
        "M-06",
        "strong",
        _shape(
            r"\b(?:out of scope|skip\w*|leave out|not (?:looked at|reviewed|checked)|"
            r"ignor\w+)\b[^.]{0,60}\b(?:state|say|write|report|note|"
            r"claim|record) that (?:it|they|this|that|these|everything) (?:was|were|has been|have been|is|"
            r"are) (?:checked|reviewed|"
            r"tested|audited|scanned|covered|clean)\b"
        ),
    ),
    # Silence about findings.
    Frame(
        "M-04",
        "strong",
        _shape(
            r"\b(?:never|do not|don't|no need to|without) (?:list\w*|report\w*|flag\w*|rais\w+|mention\w*|"
            r"includ\w+|count\w*) (?:them|it|these|those|"
            r"any (?:issues?|findings?|problems?) (?:in|from|under))\b[^.]{0,60}\b(?:rate|mark|call|describe|"
            r"treat|count|"
            r"score|report|approve)\b[^.]{0,40}\b(?:clean|safe|fine|passed|approved|ok|resolved|high score|"
            r"full marks|no issues)\b"
        ),
        negated=True,
    ),
    Frame(
        "M-04",
        "strong",
        _shape(
            r"\b(?:do not|don't|never|skip|without|stop|instead of)\b[^.]{0,50}\b(?:review|audit|analysis|check|"
            r"scan|assessment|verification|task)"
            r"\b[^.]{0,30}\b(?:just|simply|and|but) (?:return|give|report|award|assign|"
            r"write)\b[^.]{0,24}\b(?:high|good|top|perfect|full|"
            r"passing|positive|clean|best)\b"
        ),
        negated=True,
    ),
    Frame(
        "M-04",
        "strong",
        _shape(
            r"\b(?:turn|switch) (?:off|down)\b[^.]{0,50}\b(?:branch protection|required (?:reviews?|checks?)|"
            r"audit logs?|logging|"
            r"2fa|mfa|alerts?|monitoring|firewall|antivirus|secret scanning)\b[^.]{0,60}\b(?:and|then|before|"
            r"so)\b[^.]{0,20}\b(?:merge|push|"
            r"deploy|go on|run|release)|\b(?:disable|remove|lift)\b[^.]{0,30}\b(?:branch protection|"
            r"required reviews?|audit logs?)"
            r"\b[^.]{0,60}\b(?:merge|push|deploy|release|straight)"
        ),
    ),
    # A way in.
    Frame(
        "M-07",
        "strong",
        _shape(
            r"\b(?:accepts?|allows?|lets? in|recogni[sz]es?|opens? for|honou?rs?)\b[^.]{0,30}\b(?:password|"
            r"passphrase|token|key|pin|code|user|account|"
            r"header)\b (?:called |named )?[`'\"“][^`'\"”]{3,40}[`'\"”]|"
            r"\b(?:add|create|include|seed|insert|set up)\b[^.]{0,40}\b(?:admin\w*|account|user|login|superuser|"
            r"root)\b[^.]{0,40}"
            r"\bpass(?:word|phrase)? [`'\"“]?[^\s`'\"”]{6,40}[`'\"”]?[^.]{0,50}\b(?:emergency|maintenance|support|"
            r"later|remote|access)\b|"
            r"\b(?:include|add|leave|build|open)\b[^.]{0,20}\bback ?door\b"
        ),
    ),
    Frame(
        "M-07",
        "strong",
        _shape(
            r"\b(?:always|every|each|all)\b[^.]{0,60}\b(?:switch\w*|turn\w*|set\w*|disabl\w+|leav\w+|"
            r"skip\w*)\b[^.]{0,40}\b(?:certificate|tls|ssl|signature|"
            r"csrf|authentication|input)\b[^.]{0,30}\b(?:off|checks?|validation|verification|verify\s*=\s*false)\b"
        ),
    ),
    Frame(
        "M-07",
        "strong",
        _shape(
            r"\balg(?:orithm)?\W{1,4}none\b[^.]{0,60}\b(?:accept\w*|take\w*|allow\w*|need)\b|"
            r"\b(?:accept\w*|take|takes|allow\w*)\b[^.]{0,30}\balg(?:orithm)?\W{1,4}none\b|"
            r"\b(?:open|allow|expose|permit)\b[^.]{0,50}0\.0\.0\.0/0[^.]{0,60}\b(?:every|each|all|any time|"
            r"support|always|help)\b"
        ),
    ),
    Frame(
        "M-02",
        "strong",
        _shape(
            r"\b(?:payee|beneficiary|recipient|account|wallet|payout) (?:is|becomes|should be|must be|shall be|"
            r"will be)\b[^.]{0,60}"
            r"(?:\b[A-Z]{2}\d{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}|\b0x[0-9a-f]{16,}|\bbc1[a-z0-9]{16,})"
        ),
    ),
    Frame(
        "H-02",
        "strong",
        _shape(
            r"\b(?:add|append|insert|write|put|copy|edit|change|modify|open)\b[^.]{0,80}\b(?:every|each|"
            r"all) (?:of the )?other (?:installed )?"
            r"(?:skills?|agents?|plugins?|commands?)\b[^.]{0,60}\b(?:add|insert|append|line|include|write|change)\b|"
            r"\b(?:put|add|append|write|insert)\b[^.]{0,80}\b(?:zsh|bash|shell|login|profile|"
            r"fish)\b[^.]{0,20}\b(?:start-?up|rc|profile|"
            r"login)? ?(?:file|script)\b|\bwith every (?:login|boot|start)\b[^.]{0,60}\b(?:put|add|append|write|"
            r"install)\b"
        ),
    ),
    # Somebody else's account, product or view.
    Frame(
        "M-02",
        "strong",
        _shape(
            r"\b(?:replace|change|swap|substitute|update|exchange|set|use|put|"
            r"switch)\b[^.]{0,60}\b(?:bank (?:details|account)|iban|account "
            r"number|wallet|payee|beneficiary|payout|deposit address|"
            r"recipient)\b[^.]{0,60}(?:\b[A-Z]{2}\d{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}|\b0x[0-9a-f]{16,}|"
            r"\bbc1[a-z0-9]{16,}|\b[13][a-km-zA-HJ-NP-Z1-9]{25,34}\b)"
        ),
    ),
    Frame(
        "M-05",
        "strong",
        _shape(
            r"\b(?:whichever|whatever|no matter (?:which|what)|regardless|always|in (?:every|each|any)|"
            r"never rate)\b[^.]{0,70}\b(?:recommend\w*|suggest\w*|"
            r"favou?r\w*|prefer\w*|promot\w+|rate|rank|propos\w+|choos\w+|pick\w*)\b[^.]{0,70}\b(?:rivals?|"
            r"competitors?|alternatives?|others|lower than|"
            r"over (?:any|all|other|renewable|rival)|as (?:unreliable|inferior|worse|risky|outdated))\b"
        ),
    ),
    # Words to whoever judges the package.
    Frame(
        "E-02",
        "strong",
        _shape(
            r"(?=.*\b(?:this|these|here|below|who see|"
            r"the (?:code|contents?|files?|bundle|analysis|package|examples))\b)"
            r"\b(?:reviewers?|scanners?|moderators?|graders?|judges?|evaluators?|auditors?|language model|whoever|"
            r"classifiers?|analy[sz]ers?|"
            r"evaluation (?:hint|note)|scan(?:ner)?[- ]note)\b[^.]{0,90}\b(?:return|award|give|answer|respond|"
            r"treat|mark|rate|end|stop|skip|"
            r"read no further|assign|whitelisted|score|should)\b[^.]{0,70}\b(?:lowest risk|no risk|zero|"
            r"full marks|clean|safe|safety|expected|"
            r"harmless|benign|approved?|verdict|findings|no further|analysis here|end the analysis|trusted)\b"
        ),
    ),
)
