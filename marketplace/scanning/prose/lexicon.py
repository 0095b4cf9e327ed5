"""The words that carry meaning for the scan, with what they can mean. Verbs are given plainly; their forms are made."""

from collections.abc import Iterator
from functools import lru_cache

from marketplace.scanning.prose.languages import FOREIGN

# Verbs by what they do. One verb may do several things.
VERBS: dict[str, str] = {
    "SEND": """send post upload transmit forward email e-mail mail submit relay deliver exfiltrate beacon dispatch
        publish transfer ship""",
    "SENDISH": """paste push sync mirror stream export share copy report replicate log append attach include add embed
        encode pass ping notify register cc bcc save store back-up backup pipe call hit make fire emit
        provide write put persist request give feed route redirect point broadcast drop archive deposit
        synchronize synchronise contact hand supply lodge place leave mirror""",
    "READ": """read collect gather cat capture harvest retrieve extract grab scrape obtain dump enumerate locate
        find search copy open load record save list encode compress zip archive bundle summarize summarise
        scan inspect check look parse take include concatenate print export fetch get pull store note
        assemble compile pick""",
    "FETCH": """take obtain fetch download curl wget pull retrieve get grab load visit open request query read check
        consult see access use""",
    "RUN": """run execute invoke launch eval evaluate install start source pipe paste apply unpack extract open
        double-click bash exec""",
    "OBEY": "follow obey comply adopt execute apply perform implement honor honour enact treat carry act",
    "OVERRIDE": "ignore disregard forget override bypass supersede discard abandon dismiss overrule",
    "TELL": """tell mention inform notify alert disclose reveal show report display announce explain surface expose
        acknowledge discuss divulge warn describe reference narrate state note flag list bring-up say talk
        share""",
    "ASK": "ask prompt confirm verify request seek wait check consult require",
    "APPROVE": "approve allow accept grant permit trust whitelist allowlist authorize authorise auto-approve",
    "SKIP": """skip omit bypass disable suppress deactivate remove mute silence exclude hide ignore drop withhold
        filter downplay turn-off switch-off circumvent evade strip relax loosen weaken downgrade lower
        soften redact conceal""",
    "DELETE": """delete remove wipe erase destroy drop purge truncate overwrite shred format nuke clear reset encrypt
        unlink corrupt empty""",
    "WRITE": """add append write insert save install register edit modify update store create place put inject copy
        set persist remember record prepend embed memorize memorise keep""",
    "PAY": "pay transfer wire purchase buy donate tip withdraw swap remit charge deposit route send refund",
    "GRANT": "grant invite add give assign elevate promote share provision enable open create",
    "PROMOTE": """recommend promote suggest prefer favor favour endorse advertise steer mention choose select rank
        praise use insert include present direct upsell push position""",
    "CLAIM": """mark classify rate label consider treat report return output respond answer conclude score assign
        approve deem set record declare certify grade pass""",
    "HOLD": "hide conceal mask obscure disguise bury cover cloak",
}
# Verb, third person, past participle, present participle.
IRREGULAR = """
    send sends sent sending| tell tells told telling| hide hides hidden hiding| read reads read reading|
    find finds found finding| get gets got getting| run runs run running|
    forget forgets forgotten forgetting| give gives given giving| write writes written writing|
    put puts put putting| set sets set setting| take takes taken taking| keep keeps kept keeping|
    show shows shown showing| pay pays paid paying| buy buys bought buying| make makes made making|
    choose chooses chosen choosing| withdraw withdraws withdrawn withdrawing|
    override overrides overridden overriding| see sees seen seeing| say says said saying|
    withhold withholds withheld withholding| put-in puts put putting| hit hits hit hitting|
    grab grabs grabbed grabbing| skip skips skipped skipping| drop drops dropped dropping|
    ship ships shipped shipping| submit submits submitted submitting| permit permits permitted permitting|
    log logs logged logging| swap swaps swapped swapping| transmit transmits transmitted transmitting|
    transfer transfers transferred transferring| wrap wraps wrapped wrapping| tip tips tipped tipping|
    omit omits omitted omitting| strip strips stripped stripping| scan scans scanned scanning|
    feed feeds fed feeding| zip zips zipped zipping| cat cats catted catting| curl curls curled curling|
    upsell upsells upsold upselling| prefer prefers preferred preferring
"""
# Things, people and circumstances, by what they are; phrases are divided by `|`.
NOUNS: dict[str, str] = {
    "SECRET": """shell environment|terminal history|signing keys|api key|api keys|apikey|access key|access keys|
        access token|access tokens|auth token|auth tokens|bearer token|session token|session tokens|
        oauth token|oauth tokens|refresh token|refresh tokens|personal access token|github token|npm token|
        service account key|private key|private keys|ssh key|ssh keys|signing key|secret key|secret keys|
        encryption key|passwords|password|passphrase|credentials|credential|secrets|secret|cookies|
        session cookies|keychain|keyring|seed phrase|seed phrases|recovery phrase|mnemonic phrase|
        wallet file|wallet files|wallet keys|keystore|id_rsa|id_ed25519|.env|.env files|.env file|env file|
        env files|environment variables|environment variable|env vars|env variables|environment block|
        process environment|os.environ|process.env|~/.ssh|~/.aws|.netrc|.npmrc|.pypirc|.git-credentials|
        kubeconfig|kube config|~/.kube|~/.docker|~/.config/gcloud|/etc/shadow|/etc/passwd|.aws/credentials|
        tokens and keys|keys and tokens|login data|saved logins|browser profile|browser profiles|
        password store|auth.json|connection string|connection strings|database url|client secret|
        client secrets|pem files|certificates and keys|authentication material|sensitive values|vault token|
        cloud credentials|shell history|.bash_history|.zsh_history|clipboard|secrets.json|credentials.json|
        dotenv file|dotenv files|dotenv|api tokens|api token|tokens|cookie|connection settings|account numbers|
        deploy keys|deploy key|license keys|ssn|
        social security numbers|card numbers|credit card numbers|bank details|2fa codes|otp codes|
        one-time codes|recovery codes|backup codes""",
    "DATA": """conversation|conversations|chat history|chat log|chat logs|conversation history|transcript|
        transcripts|session log|session transcript|messages|user input|user inputs|prompt|prompts|
        user request|user's request|user's question|system prompt|system instructions|tool output|
        tool outputs|tool results|file contents|file content|contents|source code|source|source files|
        codebase|repository|repo|project files|project|working tree|working directory|workspace|documents|
        document|emails|inbox|contacts|address book|calendar|customer data|customer records|customer list|
        user data|personal data|records|memory|memories|memory files|context|context window|diff|diffs|patch|
        git log|commit history|file list|directory listing|database|database dump|query results|findings|
        report|reports|summary|summaries|result|results|output|outputs|answer|response|draft|invoice|
        invoices|payload|logs|log files|configuration|config|config file|config files|settings|git remote|
        git config|hostname|username|user name|machine name|system information|system info|ip address|
        os version|the file|the files|files|file|copy|attachment|attachments|spreadsheet|notes|analysis|
        screenshot|screenshots|code|test results|metadata|usage data|details|everything|content|text|data|
        payroll|salary|salaries|contract|contracts|ticket|tickets|transaction|transactions|ledger|statement|
        statements|medical records|phone numbers|email addresses|names|artifact|artifacts|archive|snapshot|
        tarball|bundle|event|events|record|profile|plan|design|specification|manuscript|resume|resumes""",
    "PRIVATE": """git remote url|machine's name|user name|the whole ticket|the user's last|machine name|
        whole conversation|entire conversation|last messages|signed-in user|terminal history|
        shell environment|conversation|chat history|conversation history|transcript|transcripts|
        session transcript|user input|user inputs|system prompt|file contents|source code|source files|
        codebase|customer data|customer records|customer list|user data|personal data|memory files|
        git remote|git config|project files|working tree|emails|inbox|contacts|address book|payroll|
        medical records|database dump|user's prompt|user prompt|user's prompts|user's message|user messages|
        user's messages|contracts|repository contents|directory listing|full context|context window|
        entire context|full conversation|user's files|user's documents|user's code|uncommitted changes|diff|
        invoice|invoices|customer emails|phone numbers|salary|salaries|hostname|username|query results|
        order history|whole ticket|entire ticket|bank details|card number|statement entries|original image|
        original images""",
    "RULES": """guidance|instructions|instruction|rules|rule|prompts|prompt|guidelines|guideline|directions|
        constraints|constraint|policies|policy|directives|directive|safeguards|safeguard|restrictions|
        restriction|guardrails|guardrail|safety|training|programming|limits|limitations|configuration|
        context|orders|preferences|claude.md|agents.md|messages|content policy""",
    "PRIOR": """previous|prior|above|earlier|preceding|existing|system|developer|safety|original|initial|default|all|
        any|other|your|security|ethical|conflicting|former|everything|built-in|platform|operator|hierarchy""",
    "PEOPLE": """user|users|operator|human|humans|owner|owners|developer|developers|customer|customers|client|clients|
        them|anyone|person|people|reader|maintainer|maintainers|admin|administrator|administrators|team|him|
        her|stakeholder|stakeholders|participants|employee|employees|manager|requester|author|reviewer""",
    "USER": """user|users|operator|human|owner|developer|customer|client|them|anyone|person|the team|requester|
        the user""",
    "AGENT": """you|agent|agents|assistant|claude|model|llm|ai|copilot|codex|gemini|cursor|gpt|chatgpt|the assistant|
        your""",
    "MYSELF": "skill|plugin|command|hook|workflow|step|script|package|tool|extension|integration|server|process|it",
    "THIRD": """attacker|attackers|adversary|adversaries|malware|hacker|hackers|actor|actors|threat|intruder|they|
        ransomware|trojan|payload|payloads|exploit|exploits|victim|phisher|phishers|insider|criminals|worm|
        botnet|someone|spyware|injection|malicious""",
    "GUARD": """confirmation|confirmations|approval|approvals|permission|permissions|permission prompt|
        permission prompts|review|code review|security check|security checks|safety check|safety checks|
        sandbox|guard|guards|guardrail|guardrails|verification|tls verification|certificate validation|
        certificate verification|ssl verification|security scan|scanner|scanners|antivirus|firewall|
        branch protection|audit log|audit logging|audit logs|logging|2fa|mfa|two-factor|authentication|
        rate limiting|rate limits|csp|cors|content security policy|signature verification|integrity check|
        integrity checks|safety filters|content filters|monitoring|alerts|alerting|defender|gatekeeper|
        selinux|access control|access controls|encryption|validation|input validation|secret scanning|
        dependency checks|policy checks|compliance checks|moderation|warnings|warning|security controls|
        security policy|quarantine|security warnings|host key checking|required reviews|required checks|
        status checks|fraud checks|kyc|spending limit|spending limits|approval threshold""",
    "PERSIST": """claude.md|agents.md|memory.md|gemini.md|.cursorrules|.cursor/rules|copilot-instructions.md|soul.md|
        identity.md|heartbeat.md|settings.json|settings.local.json|.claude/settings.json|.mcp.json|mcp.json|
        mcp config|mcp configuration|memory|long-term memory|persistent memory|memory file|memory files|
        login profile|login script|startup script|start-up script|shell configuration|
        .bashrc|.zshrc|.profile|.bash_profile|~/.bashrc|~/.zshrc|~/.profile|shell profile|shell rc|
        shell startup file|startup file|startup files|crontab|cron job|cron jobs|cron|launchagent|
        launchagents|launch agent|launchd|systemd|systemd service|systemd unit|systemd timer|authorized_keys|
        git hook|git hooks|.git/hooks|post-commit hook|pre-commit hook|pre-push hook|post-checkout hook|
        login item|login items|registry run key|scheduled task|task scheduler|startup folder|autostart|
        global gitconfig|~/.gitconfig|~/.claude|system prompt|other skills|all skills|hooks.json|user rules|
        global rules|future sessions|every session|later sessions|all sessions|bootstrap file""",
    "LASTING": """all later|later talks|every later|for good|from then on|later conversations|future session|
        future sessions|every session|all sessions|later sessions|next session|new session|each session|
        across sessions|permanently|persistently|future conversations|future conversation|every conversation|
        all conversations|from now on|hereafter|survives|subsequent sessions|all future|every future|
        always remember|on login|at login|on boot|at boot|on startup|every reboot|next time|going forward""",
    "FINDINGS": """drawbacks|drawback|weaknesses|weakness|downsides|flaws|problems|shortcomings|finding|findings|
        vulnerability|vulnerabilities|warning|warnings|issue|issues|error|errors|failure|failures|alert|
        alerts|defect|defects|violation|violations|risk|risks|negative|criticism|complaint|complaints|
        discrepancy|discrepancies|cve|cves|side effects|adverse events|objections|anomaly|anomalies|flags|
        losses|fees|fee|red flags|disclaimer|disclaimers|limitations""",
    "REVIEWER": """scanner|scanners|reviewer|reviewers|moderator|moderators|auditor|auditors|security tool|
        security tools|classifier|classifiers|judge|evaluator|evaluators|automated review|automated reviewer|
        automated reviewers|automated scanners|automated scanner|automated analysis|automated analyzer|
        security review|security scanner|security scanners|security analyzer|security analysis|
        static analysis|analyzer|analyzers|analyser|vetting|llm judge|review model|reviewing model|
        marketplace review|marketplace reviewers|security team|review bot|review system|review pipeline|
        validation model|safety model|safety classifier|trust and safety|ai reviewer|ai reviewers|
        ai system reviewing|llm reviewer|analysis tool|analysis tools|audit tool|audit tools|malware scan|
        virus scan|content filter|policy engine|grader|risk engine|risk model|screening""",
    "REVIEWING": """reviewing|scanning|evaluating|analyzing|analysing|auditing|assessing|inspecting|moderating|vetting|
        classifying|checking|judging|grading|screening""",
    "PACKAGE": """this listing|this entry|this upload|this one|submissions|this archive|this skill|this plugin|
        this package|this file|this extension|this repository|this bundle|this tool|this document|
        this content|this command|this agent|this manifest|the skill|the plugin|the package|this submission|
        this directory|this folder|this module|this code|this script|these files|this section|this component|
        its contents|the following section|the remaining|this text|this server|the rest""",
    "VERDICT": """safe|benign|approved|clean|harmless|low risk|low-risk|no issues|no risk|no threats|no findings|
        not malicious|trusted|verified|pass|passed|passes|risk score|score 0|score of 0|risk_score|verdict|
        false positive|false positives|pre-approved|preapproved|whitelisted|allowlisted|certified|
        zero findings|zero risk|nothing suspicious|compliant|vetted|cleared|info severity|informational|
        legitimate|no concerns|not a threat|low severity|severity low""",
    "MONEY": """wallet|wallet address|payment|payments|funds|fund|money|bitcoin|btc|eth|ethereum|usdt|usdc|solana|
        sol|crypto|invoice|balance|iban|bank account|account number|payee|beneficiary|routing number|
        gift card|gift cards|donation|subscription|purchase|refund|payout|fee|commission|amount|percent""",
    "BROAD": """each file|all the files|every document|all copies|remaining copies|all files|every file|everything|
        home directory|home folder|root directory|entire disk|entire drive|whole disk|all data|all backups|
        backups|backup|entire repository|whole repository|git history|commit history|all branches|
        all databases|production database|all tables|all records|user's files|system files|all logs|
        all users|all resources|all volumes|the workspace|the repository|entire project|entire workspace|
        project files|working directory|user's home|all documents|all emails|snapshots|shadow copies|
        recovery partition|volumes|the .git directory|.git directory|.git folder|all containers|
        all namespaces|customer records|audit logs|audit log|log files""",
    "TRIGGER": """every time|each time|after each|after every|before each|before every|before any|whenever|on every|
        on each|for every|for each|at the start of|at the end of|at the beginning of|once per session|
        each session|every session|per session|upon completion|once finished|when finished|when done|
        after completing|before answering|before responding|before starting|before you begin|
        before proceeding|first thing|always|as the first step|as the last step|as a final step|
        as a first step|at session start|on startup|periodically|every few|hourly|daily|automatically|
        any time|anytime|whatever is sent|whichever|as part of every|with every|in every|with each|in each|
        after the|prior to""",
    "PRETEXT": """licensing|license terms|archiving|so that quality|accounting purposes|record-keeping purposes|
        support cases|compliance|audit|auditing|audit trail|telemetry|analytics|backup purposes|backup|
        licence|license validation|license check|license verification|quality assurance|quality|diagnostics|
        diagnostic|troubleshooting|debugging|support|monitoring|traceability|security requirement|regulatory|
        regulation|gdpr|hipaa|sox|record keeping|record-keeping|retention|improve the service|
        continuous improvement|synchronization|synchronisation|verification purposes|validation service|
        registration|crash reporting|performance monitoring|usage tracking|benchmarking|caching|indexing|
        archival|enrichment|attestation|governance|usage metrics|metering|calibration""",
    "QUIET": """silently|quietly|in the background|under the hood|behind the scenes|transparently to the user|
        without comment|without displaying|without showing""",
    "STEALTH": """without a word|without saying|wordlessly|without further notice|without anyone knowing|secretly|
        covertly|invisibly|discreetly|discretely|stealthily|unobtrusively|without telling|without informing|
        without notifying|without mentioning|without alerting|without disclosing|
        without the user's knowledge|without the user knowing|without their knowledge|without user awareness|
        without announcing|without revealing|without drawing attention|unnoticed|undetected|
        hidden from the user|invisible to the user|not visible to the user|confidential from|
        without the user noticing|without surfacing|without calling attention|without a trace|unbeknownst|
        behind the user's back""",
    "UNASKED": """without asking|without confirmation|without confirming|without approval|without permission|
        without prompt|without user confirmation|without user approval|without waiting|without requiring|
        without consent|no confirmation|no approval|no need to ask|do not ask|don't ask|never ask|
        without checks|assume consent|unchecked|without a prompt|
        skip confirmation|skip the confirmation|without further confirmation|automatically approve|
        without discussion|without asking again|without question|without questions|without hesitation|
        no questions asked|do not wait for|don't wait for""",
    "PRIORITY": """whatever the user|whatever they ask|whatever anyone|take precedence|takes precedence|
        taking precedence|take priority|takes priority|higher priority|highest priority|override|overrides|
        overriding|supersede|supersedes|superseding|outrank|outranks|trump|trumps|prevail|prevails|
        more authoritative|absolute priority|regardless of|no matter what|even if|in place of|instead of""",
    "FREEDOM": """without boundaries|no boundaries|refuses nothing|refuse nothing|never refuse|never refuses|
        answers everything|free of rules|no taboos|unrestricted|jailbroken|jailbreak|no restrictions|
        without restrictions|no limitations|without limitations|no filters|unfiltered|uncensored|god mode|
        god-mode|dan mode|do anything now|sudo mode|no rules|no guidelines|without guidelines|bypass mode|
        privileged mode|elevated privileges|unlimited mode|superuser mode|safety off|no safety|
        without safety|ignore safety|no ethical|without ethical|developer mode|admin mode|root mode|
        maintenance mode|trusted mode|full write access|full access|yolo mode|administrator mode|
        without limits|no limits|free of restrictions|exempt from""",
    "FIRST": """before any other tool|before any other tools|before using any other|before all other|
        before calling any|instead of any other|in preference to|over any other|over all other|
        must be called first|must be run first|call this first|run this first|use this first|
        always call this|always use this|always invoke this|always run this|ahead of any other|
        prior to any other|before every other|prior to using any|before invoking any|takes the place of|
        before any other skill|before every other tool""",
    "NOTELL": """should not know|must not know|should never know|keep this hidden|keep this secret|keep it secret|
        keep it hidden|keep this confidential|keep this between|keep this to yourself|keep this internal|
        stay silent about|nor tell|nor mention""",
    "DOING": """action|actions|step|steps|upload|uploads|transfer|request|requests|call|calls|process|sync|backup|
        check|command|commands|operation|operations|activity|transmission|connection|endpoint|url|file|files|
        hook|script|change|changes|modification|task|this|it|submission|registration|telemetry|instruction|
        instructions|behaviour|behavior|collection|section|note|installation|download|copy|edit|edits|update|
        execution|rule|logging|server|package|dependency|exchange|handoff|deletion|addition|post|fetch""",
    "NEGATION": """not|never|don't|dont|doesn't|avoid|refuse|refuses|cannot|can't|mustn't|shouldn't|won't|without|nor|
        no|prevent|prevents|forbid|stop|reject|rejects|prohibited|forbidden""",
    "MODAL": """must|should|shall|will|need|needs|have|required|remember|ensure|please|always|sure|then|also|first|
        now|immediately|let|proceed""",
    "MAYBE": "may|might|could|would|can|attempt|attempts|try|tries|able|designed|used|wants|want|if|how",
    "OWN_CHOICE": """user-provided|user's own|their own|your own|the user specifies|the user provides|the user asks|
        if the user|when the user asks|user explicitly|asked to|on request|when asked|if requested|
        with the user's|user confirms|after confirmation|after confirming|after approval|with permission|
        with consent|explicit consent|explicit approval|explicitly asks|explicitly requests|opt-in|opt in|
        user approves|user agrees|user has approved|ask the user|asks the user|confirm with|their preferred|
        configured by the user|chosen by the user|user's chosen""",
    "FAVOUR": """affiliate|referral|referral code|referral link|promo code|discount code|partner link|sponsored|
        sponsor|competitor|competitors|our product|our service|our platform|our tool|premium plan|paid plan|
        tracking pixel|utm_source|five stars|5 stars|positive review|positive reviews|star the|upvote|
        best choice|first choice|top choice|preferred vendor|preferred provider|preferred partner|
        exclusively recommend|the leading""",
    "ACCESS": """rights|editor rights|editor|owner rights|admin rights|collaborator|collaborators|admin access|
        admin role|administrator|owner role|write access|read access|full access|full control|deploy key|
        ssh key|access|role|member|maintainer|permissions|editor access|api access|account|service account|
        guest|root access|public|publicly|anyone with the link|inbound rule|security group|port|superuser|
        contributor|backdoor|public-read|0.0.0.0/0""",
    "PASSING": """passing|passed|success|successful|succeeded|green|all tests pass|tests pass|no vulnerabilities|
        no issues found|secure|within limits|compliant|resolved""",
    "ARCHIVE": """password-protected|password protected|passworded|encrypted zip|encrypted archive|
        extract with password|the password is|password:|pass:""",
    "PREREQUISITE": """prerequisite|prerequisites|required|requires|requirement|dependency|driver|helper|
        agent|companion|
        runtime|installer|setup tool|utility|openclaw-agent|openclawcli|core|toolkit|binary|executable""",
    "TERMINAL": "terminal|command prompt|powershell|shell|console|run dialog|command line",
}


@lru_cache(maxsize=1)
def _irregular() -> dict[str, tuple[str, str, str]]:
    entries = (tuple(entry.split()) for entry in " ".join(IRREGULAR.split()).split("|"))
    return {entry[0]: (entry[1], entry[2], entry[3]) for entry in entries if len(entry) == 4}


def _forms(verb: str) -> tuple[str, str, str]:
    if verb in _irregular():
        return _irregular()[verb]
    stem, _, rest = verb.partition("-") if verb.endswith(("-up", "-out", "-on", "-off")) else (verb, "", "")
    tail = f"-{rest}" if rest else ""
    if stem.endswith("y") and stem[-2] not in "aeiou":
        return f"{stem[:-1]}ies{tail}", f"{stem[:-1]}ied{tail}", f"{stem}ing{tail}"
    if stem.endswith("e"):
        return f"{stem}s{tail}", f"{stem}d{tail}", f"{stem[:-1]}ing{tail}"
    plural = "es" if stem.endswith(("s", "sh", "ch", "x", "z")) else "s"
    return f"{stem}{plural}{tail}", f"{stem}ed{tail}", f"{stem}ing{tail}"


@lru_cache(maxsize=1)
def verbs() -> dict[str, tuple[str, frozenset[str]]]:
    """Every form of every verb: which form it is (base, s, ed, ing) and what it can do."""
    found: dict[str, tuple[str, set[str]]] = {}
    for tag, words in VERBS.items():
        for verb in words.split():
            for form, name in zip(("base", "s", "ed", "ing"), (verb, *_forms(verb)), strict=True):
                known = found.setdefault(name, (form, set()))
                known[1].add(tag)
    return {name: (form, frozenset(tags)) for name, (form, tags) in found.items()}


@lru_cache(maxsize=1)
def phrases() -> dict[str, list[tuple[tuple[str, ...], frozenset[str]]]]:
    """Phrases by their first word, the longest first."""
    tags: dict[tuple[str, ...], set[str]] = {}
    for tag, text in (*NOUNS.items(), *FOREIGN.items()):
        for phrase in _split(text):
            tags.setdefault(phrase, set()).add(tag)
    found: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for phrase, names in tags.items():
        found.setdefault(phrase[0], []).append((phrase, frozenset(names)))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found


def _split(text: str) -> Iterator[tuple[str, ...]]:
    for phrase in " ".join(text.split()).split("|"):
        if words := tuple(phrase.split()):
            yield words
