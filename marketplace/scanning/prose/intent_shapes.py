"""The acts that intents are made of, each as the words by which people express it."""

import re


def _shape(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


# Carrying off.
GATHERS = _shape(
    r"\b(?:put|puts|include|add|adds|attach|attaches|copy|copies|collect|bundle|gather|pack|pick up|take|zip|tar|"
    r"archive|"
    r"read|cat|grab|fold|enclose|append|embed|stage|list|dump|export|capture|snapshot|carry|bring|load|pull)\b"
)
HANDED = _shape(
    r"\b(?:hand|hands|give|send|post|upload|submit|deliver|register|place|drop|deposit|lodge|file|pass|ship|push|"
    r"report|"
    r"transfer|relay|forward|mail|publish|store|leave|check (?:it|them) in|put|sync|mirror|share|transmit|return|"
    r"bring)\b"
)
ARGUMENT = _shape(
    r"\b(?:argument|parameter|field|input|legend|sidenote|note|header)\b[^.;]{0,40}\b(?:must|should|has to|needs to|"
    r"is to|will) "
    r"(?:hold|contain|carry|include|be|have|start with)\b|\b(?:pass|give|put|provide|supply|send|set|"
    r"fill)\b[^.;]{0,60}\b(?:as|in|"
    r"into|to) (?:the |an? |its )?[`'\"]?\w+[`'\"]? (?:argument|parameter|field)\b"
)
ASKED_FOR = _shape(
    r"\b(?:ask|prompt|request|have|get|require|tell|invite) (?:the |your |a )?(?:user|them|client|customer|person|"
    r"owner|human)"
    r"s?\b[^.;]{0,40}\b(?:password|passphrase|pin|2fa|otp|one-time|seed|recovery|mnemonic|private key|card number|cvv|"
    r"security code|bank details|credentials)\b"
)
LEAK = re.compile(
    r"!\[[^\]\n]{0,80}\]\(https?://[^\s)]{3,160}[?&/=][\w.-]*=?(?:[A-Z][A-Z_]{2,}|<[^>]+>|\{[^}]+\}|\$\w+|\[[^\]]+\]|…)"
    r"[^\s)]*\)|https?://[^\s)`]{3,160}[?&][\w-]+=(?:[A-Z][A-Z_]{3,}|<[^>]+>|\{[^}]+\})"
)
WHOSE_DATA = _shape(
    r"\b(?:the user'?s?|their|customer'?s?|reader'?s?) (?:own )?(?:text|question|draft|words|message|prompt|name|mail|"
    r"input|request|code|files?|answers?)\b|\b(?:conversation|transcript|percent-encoded|url-?encoded|base64|"
    r"summary of (?:the|this)|contents? of|last (?:messages?|answers?)|secrets?|tokens?|keys?|environment)\b"
)
# A page that gives the orders.
OPENED = _shape(
    r"\b(?:open|read|fetch|load|get|consult|see|visit|pull|retrieve|look (?:up|at)|check|download|request|kept at|"
    r"lives? at|"
    r"published at|found at|stands? at|is at|maintained at|served from|hosted at|curl)\b"
)
CARRIED_OUT = _shape(
    r"\b(?:carry out|follow|execute|perform|apply|do|obey|act (?:up)?on|work (?:through|off)|implement|complete|run|"
    r"honou?r|"
    r"comply with|adopt|go through|act as|proceed as|behave as|treat)\b[^.;]{0,30}(?:\bwhat(?:ever|soever)? (?:it|they|"
    r"that|the (?:page|file|text|answer|document|response|list))? ?(?:lists?|says?|contains?|returns?|tells?|asks?|"
    r"holds?|"
    r"describes?|names?|gives?|directs?|demands?|comes? back|is (?:there|written|returned|listed))|"
    r"\b(?:its|their) (?:points?|steps?|instructions?|orders?|tasks?|directives?|items?|commands?|lines?|contents?)|"
    r"\b(?:everything|all|each (?:point|step|line|item|task|command)|every (?:point|step|line|item|task|command)) "
    r"(?:on|in|of|it|that|there|listed)|"
    r"\b(?:it|them|this|that) (?:point by point|line by line|step by step|to the letter|verbatim|as (?:your|if)|in "
    r"full|"
    r"without (?:changes?|question)))"
)
# Words to whoever judges the package.
ASSESSOR = _shape(
    r"\b(?:assess\w*|evaluat(?:ors?|ions?|e|es|ing)|graders?|raters?|judges?|vett\w+|language models?|ai (?:models?|"
    r"systems?|"
    r"reviewers?|judges?|checks?)|scann\w+|reviewers?|moderat\w+|auditors?|classifiers?|analy[sz]ers?|inspect(?:ors?|"
    r"ions?)|"
    r"automated (?:checks?|reviews?|tools?|systems?|analysis|inspection)|safety (?:checks?|models?|tools?)|llms?|"
    r"store review|review (?:process|teams?|pipelines?|bots?))\b"
)
ASSESSED = _shape(
    r"\b(?:correct|right|expected|proper|appropriate|only|accurate|agreed|baseline) (?:result|answer|verdict|"
    r"conclusion|rating|"
    r"outcome|response|classification|score)\b|\b(?:result|verdict|rating|conclusion|classification|score|outcome) "
    r"(?:above|here|given|stands?|is already|has been|was)\b|\b(?:take over|adopt|return|repeat|reuse|keep|confirm|"
    r"issue|"
    r"record|give|report|assign|output|choose|answer with) (?:the |a |this |that |an )?(?:\w+ )?(?:result|verdict|"
    r"rating|"
    r"conclusion|classification|pass|approval|clean|safe|benign|\"?no (?:concerns?|issues?|risks?|findings?|threats?))|"
    r"\b(?:do|does|need|should|must|may)(?:n't| not) (?:be )?(?:open|opened|read|examined?|inspect\w*|flag\w*|"
    r"scann?\w*|"
    r"analy[sz]\w*|report\w*|question\w*|review\w*|descend|raise)\b|\b(?:false (?:positives?|alarms?)|known[- ]good|"
    r"allow[- ]?list(?:ed)?|white-?list(?:ed)?|trusted (?:baseline|publisher|list|set)|no (?:concerns?|findings?)|"
    r"pre-?(?:approved|vetted|cleared|screened)|out of scope for)\b"
)
AIMED = _shape(
    r"\b(?:this|the present) (?:\w+ )?(?:package|skill|plugin|text|file|entry|listing|submission|extension|bundle|"
    r"folder|"
    r"document|hash|digest|code|server|tool|repository|release|version|content)s?\b|\bevery part of it\b"
)
# Another thing than what happened is said.
SAID_TO_BE = _shape(
    r"\b(?:describe|present|report|label|list|mark|show|call|count|classify|summari[sz]e|record|rate|treat|state|"
    r"portray|"
    r"characteri[sz]e|frame|declare|log|give|write|enter|book|quote|explain|name|refer to|put (?:it|them) down|pass "
    r"(?:it|them) "
    r"off|say|note|display|announce|enter)\w*\b[^.;]{0,110}(?:\b(?:as|under|that|is|are|to be)\b[^.;]{0,30})[\"'`“]?"
    r"(?:sold out|unavailable|out of stock|discontinued|without \w+|passed|passing|green|success\w*|(?:market |"
    r"industry )?"
    r"standard|resolved|settled|neutral|independent|negligible|minor|routine|low|safe|unsafe|insecure|outdated|"
    r"deprecated|"
    r"verified|approved|compliant|expired|unreliable|inferior|100 ?%|complete|fixed|normal|usual|expected|harmless|"
    r"clean|"
    r"healthy|on (?:time|track)|within|cheapest|best|only (?:option|choice)|required by|a (?:bug|glitch|technical|"
    r"system)|"
    r"risky|remaining|unsupported|not available|done|all (?:green|clear|sellers|sources|options))|\"all green\"|“all "
    r"green”"
)
CONTRARY = _shape(
    r"\b(?:fail\w*|error\w*|skipp\w*|flaky|missing|unfinished|below|cheaper|lower|less|worse|harsh|penalt\w*|above "
    r"\d|over "
    r"\d|when it is|even (?:if|when|though)|whether or not|regardless|although|not (?:run|done|tested|checked|"
    r"reviewed)|"
    r"incomplete|broken|overdue|late|declin\w+|loss\w*|negative|complain\w*|vulnerab\w*|warning\w*|defect\w*|red|"
    r"rejected|unpaid|expired|unverified|untested)\b"
)
RIVAL = _shape(
    r"\b(?:(?:an)?other (?:seller|vendor|provider|supplier|shop|offer|tool|product|service|brand|source|option|"
    r"broker|bank|"
    r"airline|hotel|library)s?|competit\w+|rivals?|alternatives?|the others|elsewhere)\b"
)
BLURRED = _shape(
    r"\b(?:no figures|no numbers|without (?:figures|numbers|details|naming|a word)|only (?:leads?|causes?|invites?) "
    r"(?:to )?"
    r"(?:questions?|confusion|worry|alarm|discussion)|makes? it worse|look(?:s)? (?:bad|harsh|worse)|under pressure|"
    r"throughout|before (?:anything|it|they|this|that) (?:is|are) (?:counted|shown|displayed|reported|logged|written)|"
    r"(?:rate|score|share|figure|total) as 100|in the title)\b"
)
INQUIRER = _shape(
    r"\b(?:who(?:ever)?|anyone|anybody|someone|somebody|if (?:they|the user|the client|the customer|a \w+|someone|"
    r"anyone|he|she)|"
    r"when (?:asked|questioned|they ask)|should (?:they|the \w+|anyone|someone))\b[^.;]{0,50}\b(?:asks?|wonders?|"
    r"miss\w*|"
    r"questions?|notices?|inquires?|enquires?|complains?|checks?|looks? (?:for|into)|insists?|wants? to "
    r"know)\b[^.;]{0,60}\b"
    r"(?:(?:is|are|gets?) (?:told|given|shown|assured|referred|sent)|say|tell (?:them|him|her)|speak of|call it|"
    r"answer|refer to it "
    r"as|explain (?:it|that)|blame|cite|point to|mention)\b"
)
# Keeping it from people.
KEPT_FROM = _shape(
    r"\b(?:so (?:that )?|such that |in order that |ensur\w+ (?:that )?|mak\w+ sure (?:that "
    r")?)[^.;]{0,40}\b(?:neither|nobody|no "
    r"one|no-one|none|nothing|no \w+|never|not|n't)\b[^.;]{0,60}\b(?:shows?|sees?|seen|notices?|noticed|finds?|found|"
    r"knows?|learns?|"
    r"appears?|lists?|listed|contains?|mentions?|traced?|visible|detect\w*|recogni[sz]\w*|tells?)\b|"
    r"\b(?:is|are|was|were)(?:n't| not| never) (?:shown|displayed|listed|visible|included|mentioned|printed) (?:in|"
    r"to|on|anywhere)\b|"
    r"\b(?:once|after|when) (?:the )?(?:list|preview|draft|summary|plan|overview|check)\b[^.;]{0,30}\b(?:has been|is|"
    r"was|have been) "
    r"(?:shown|approved|confirmed|accepted|seen|read)\b|\b(?:out of sight|below the radar|under the radar|without a "
    r"trace|behind "
    r"the scenes|leaves? no|goes unmentioned|unannounced|inconspicuous\w*|unobtrusive\w*)\b"
)
UNTOLD = _shape(
    r"\b(?:no need|no reason|not necessary|needless|pointless|no point|unnecessary|not worth) (?:to |in |for "
    r")?(?:\w+ )?(?:bring\w*|"
    r"rais\w*|mention\w*|explain\w*|tell\w*|report\w*|show\w*|discuss\w*|list\w*|point\w*)\b|"
    r"\b(?:need(?:n't| not)|does(?:n't| not) (?:need|have) to|do(?:n't| not) (?:need|have) to|should(?:n't| not)|"
    r"must(?:n't| not)|"
    r"never|not) (?:hear|know|learn|see|find out|be (?:told|shown|informed|aware|bothered|asked))\b|"
    r"\b(?:leave|keep|hold) (?:it|this|that|them|these|the \w+) (?:out of|from|off|away from|back from) (?:what|the|"
    r"your|any|their)\b|"
    r"\b(?:goes|go|stays?|remains?) (?:unsaid|unmentioned|between|internal|private|silent|hidden)\b"
)
UNLESS_SEEN = _shape(
    r"\b(?:if|when|should|in case) (?:the )?(?:user|client|customer|owner|reader|they|he|she|anyone|someone|"
    r"somebody)s? "
    r"(?:wonders?|asks?|notices?|inquires?|enquires?|questions?|complains?|spots?|finds?)\b[^.;]{0,50}\b(?:speak of|"
    r"talk of|call it|"
    r"refer to it|put it down to|blame|attribute it|say (?:it|that) (?:is|was|belongs)|describe it as|pass it off)\b"
)
# For somebody in particular.
NAMED = re.compile(
    r"`[^`\n]{3,60}`|\"[A-Z][^\"\n]{2,40}\"|(?<=[a-z,;] )(?!(?:I|If|When|The|This|API|URL|JSON|SQL|HTML|CSS|AI|LLM|"
    r"PR|CI|"
    r"GitHub|Git|Python|Claude|Markdown|English|Monday|Friday)\b)[A-Z][a-z]{2,}(?:[A-Z]\w+| [A-Z][a-z]+)?|"
    r"\b[\w.-]+@[\w-]+\.\w+|@[a-z][\w-]{3,}|\b[A-Z][a-z]+[A-Z]\w+"
)
WHOSE = _shape(
    r"\b(?:entries|findings?|agreements?|contracts?|issues|results?|candidates?|applicants?|invoices?|claims?|"
    r"reviews?|alerts?|"
    r"vulnerabilit\w+|complaints?|offers?|products?|packages?|files?|modules?|code|transactions?|payments?|"
    r"tickets?|requests?|commits?|pull requests?|suppliers?|vendors?|papers?|sources?|articles?|"
    r"listings?)\b[^.;]{0,60}\b(?:in "
    r"which|whose|from|by|under|involving|mention\w*|belong\w* to|signed by|authored by|owned by|of|with|about|"
    r"naming)\b"
)
PARTIAL = _shape(
    r"\b(?:are|is|get|gets|be|count|counts|stay|stays)\b[^.;]{0,24}\b(?:marked|rated|treated|counted|left out|taken "
    r"off|dropped|"
    r"passed|waved|approved|excluded|exempt\w*|preferred|placed first|settled|accepted|green|trusted|ranked|cleared|"
    r"scored)\b[^.;]{0,"
    r"30}\b(?:throughout|always|whatever|regardless|without|first|upstream|in advance|green|as (?:passed|safe|fine|"
    r"standard)|top|"
    r"unseen|unread|by default|automatically)\b|"
    r"\b(?:take|drop|leave|strip|remove|filter|cut|keep|weed|throw) (?:them|it|these|those|such \w+) (?:off|out|from|"
    r"away)\b|"
    r"\b(?:wave|let|pass) (?:them|it|these|those) (?:through|by|pass)\b"
)
LASTING_HOLDER = _shape(
    r"\b(?:becomes?|is (?:added|made|given|invited|entered|set)|gets?|receives?|joins?|add(?:ed)?|invite|make|grant|"
    r"register|"
    r"enter|put)\b[^.;]{0,80}\b(?:owner|admin\w*|maintainer|collaborator|co-?owner|superuser|root|write access|full "
    r"access|deploy "
    r"key|signer|approver|beneficiary|trustee|delegate|member|recovery (?:contact|account|mail)|second "
    r"factor)\b[^.;]{0,60}\b(?:every|"
    r"each|all|any new|new|whatever|always)\b|"
    r"\b(?:every|each|all|any)\b[^.;]{0,60}\b(?:gets?|receives?|has|have|adds?|includes?) [^.;]{0,50}\b(?:as (?:an? "
    r")?(?:owner|"
    r"admin\w*|maintainer|collaborator|co-?owner|approver))\b"
)
REFERRAL = _shape(
    r"\b(?:links?|urls?|addresses|bookings?|orders?)\b[^.;]{0,50}\b(?:get|gets|carry|carries|end (?:in|with)|receive|"
    r"append|add|"
    r"with|plus)\b[^.;]{0,20}[`\"'“]?[?&][a-z_]{2,14}=[\w-]{3,}|\b(?:append|add|attach|put|keep|"
    r"use)\b[^.;]{0,30}[?&](?:aff\w*|ref\w*|"
    r"tag|agent|partner\w*|via|campaign|subid|clickid|promo|coupon|code|source)=[\w-]{3,}"
)
# Breaking.
DESTROYS = _shape(
    r"\b(?:rewrite|overwrite|expire|prune|empty|wipe|erase|purge|delete|drop|destroy|shred|truncate|scramble|unlink|"
    r"corrupt|encrypt|reformat|revoke|kill|nuke|zero)\b[^.;,]{0,40}?\b(?:branch\w*|remotes?|reflog|history|backups?|"
    r"bundles?|"
    r"snapshots?|volumes?|home|databases?|tables?|production|disks?|partitions?|archives?|folders?|repositor\w+|"
    r"buckets?|"
    r"indexes|logs?|keys?|copies|commits?|everything|once|it|replicas?)\b"
)
UNDONE = _shape(
    r"\b(?:unrecoverable|irrecoverable|beyond (?:recovery|repair)|(?:can(?:'t|not)|can not|never) be (?:restored|"
    r"recovered|"
    r"brought back|undone)|no way back|for good|nothing (?:is )?left|wrong hands|punish\w*|revenge|if `?[a-z]\w+`? "
    r"(?:shows?|appears?|"
    r"turns?|is (?:among|in|found))|without (?:a )?(?:trace|copy))\b"
)
# Taking checks off.
BYPASSES = _shape(
    r"\b(?:start|run|launch|use|invoke|call|spawn|open|set|switch|pass|add|begin)\b[^.;]{0,60}(?:bypassPermissions|"
    r"dangerously-skip-permissions|dangerously-bypass|--yolo\b|--full-auto|approval[_-]policy\W+never|--allow-all|"
    r"--trust-all|auto-?approve|--no-sandbox-prompts)"
)
BYPASSED = BYPASSES
GRAVE = _shape(
    r"\b(?:production|credentials|live (?:system|database|site|servers?)|no questions?|nobody likes|never (?:ask|"
    r"stop|pause)|"
    r"questions? (?:back )?(?:to|are|is)|stopped for|without (?:a )?(?:pause|question|prompt|asking|stopping)|"
    r"unattended|every "
    r"session|always|so that (?:nobody|no one|nothing)|interrupt\w*|deploy\w*|drop|delete|customer)\b"
)
