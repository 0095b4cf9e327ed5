"""A sentence as the scan understands it: its words with what they can mean, and the places and people it names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from marketplace.scanning.hosts import Host, Known
from marketplace.scanning.prose.languages import CJK, DENSE
from marketplace.scanning.prose.lexicon import phrases, verbs
from marketplace.scanning.segments import Segment

ENDINGS = (
    "com|net|org|io|dev|ai|app|co|me|xyz|site|online|cloud|tech|info|ru|cn|de|uk|fr|nl|eu|us|biz|"
    "link|live|club|pro|to|cc|tv|gg|"
    "example|test|invalid|top|icu|tk|ml|ga|cf|gq|su|jp|br|ca|au|pw|fun|space|store|tools|systems|"
    "team|group|center|works|"
    "services|network|digital|agency|studio|world|today|email|press|solutions|onion|shop|finance|"
    "health|money|support|events"
)
# Also endings of file names: only with a path behind them.
AMBIGUOUS = "zip|mov|sh|run|page|host|media|in|py|rs|md|pl|ps|cc|so|ws|app|cat|do|is|st|tv|fm"
WORD = re.compile(
    r"(?P<url>\b(?:https?|hxxps?|wss?|ftps?|sftp|rsync|ssh|s3|tcp|udp|smb)(?:://|\[:\]//)[^\s<>\"'`)\]]+)"
    r"|(?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<ip>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?:/[^\s<>\"'`)\]]*)?(?![\w.]))"
    rf"|(?P<host>(?<![\w@./~\\-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.|"
    rf"\[\.\]))+(?:(?:{ENDINGS})(?![\w-])(?:/[^\s<>\"'`)\]]*)?|(?:{AMBIGUOUS})/[^\s<>\"'`)\]]+))"
    r"|(?P<wallet>\b(?:0x[0-9a-fA-F]{40}|bc1[a-z0-9]{25,60}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|"
    r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?)\b)"
    r"|(?P<path>(?:~|\$HOME|\$\{HOME\}|%USERPROFILE%|%APPDATA%|"
    r"\.{0,2})?[/\\][\w.@*~-]+(?:[/\\][\w.@*~-]*)*|~(?=[\s,.;)]|$)|"
    r"(?<![\w.])\.[a-z][\w-]+(?:[./][\w.*-]+)*)"
    r"|(?P<handle>(?<![\w@])@[A-Za-z][\w-]{2,})"
    r"|(?P<blank><[A-Za-z][^<>\n]{1,40}>|\{\{?[\w .$-]{1,40}\}?\}|\$\{?[A-Za-z_]\w*\}?|\[[A-Z][A-Z_ -]{2,40}\])"
    r"|(?P<word>[A-Za-zÀ-ɏ\u0370-\u04ff][\w'’./-]*[\w]|[A-Za-zÀ-ɏ])"
    r"|(?P<number>\d[\d,.]*%?)"
    r"|(?P<mark>[,;:()\"“”‘’!?—–.`])",
)
PLACES = frozenset(("url", "email", "ip", "host", "wallet", "handle"))
STRIPPED = str.maketrans({"*": " ", "`": " ", "_": "_"})


@dataclass(slots=True)
class Word:
    """text: in lower case. kind: word, url, path, …; tags: what it can mean; form: of a verb."""

    text: str
    kind: str
    start: int
    tags: frozenset[str] = frozenset()
    form: str = ""


@dataclass
class Sentence:
    """A sentence with its words. clean: what was read; segment: where it stands."""

    segment: Segment
    clean: str
    words: list[Word]
    known: Known
    tags: frozenset[str] = frozenset()
    quoted: list[bool] = field(default_factory=list)
    memo: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def hosts(self) -> list[Host]:
        """The hosts it names as places, addresses of mail among them."""
        return [self.known.host(word.text) for word in self.words if word.kind in ("url", "email", "ip", "host")]

    @cached_property
    def place(self) -> Host | None:
        """The least trusted place it names, if any is outside."""
        return max(self.hosts, key=lambda host: host.factor, default=None)

    @property
    def target(self) -> bool:
        """Whether it names any literal place, person, account or wallet."""
        return any(word.kind in PLACES for word in self.words)

    def has(self, *tags: str) -> bool:
        """Whether it has each of these."""
        return self.tags.issuperset(tags)

    def any(self, *tags: str) -> bool:
        return not self.tags.isdisjoint(tags)

    @cached_property
    def chosen(self) -> bool:
        """Whether the user decides it: "if the user asks", "after confirming", and not "without asking"."""
        for index, word in enumerate(self.words):
            if "OWN_CHOICE" in word.tags:
                before = self.words[max(index - 4, 0) : index]
                if not any("NEGATION" in item.tags or item.text.endswith("n't") for item in before):
                    return True
        return False

    def after(self, index: int, *tags: str, within: int = 24) -> bool:
        """Whether one of these stands behind a word."""
        return any(word.tags.intersection(tags) for word in self.words[index + 1 : index + 1 + within])

    def before(self, index: int, *tags: str, within: int = 8) -> bool:
        return any(word.tags.intersection(tags) for word in self.words[max(index - within, 0) : index])


def read_sentence(segment: Segment, clean: str, known: Known) -> Sentence:
    """Find the words and what they can mean."""
    text = clean.replace("*", " ").replace("’", "'")
    words = [
        Word(
            match.group().lower().rstrip(".,;:")
            if match.lastgroup in ("url", "host", "path")
            else match.group().lower(),
            match.lastgroup or "",
            match.start(),
        )
        for match in WORD.finditer(text[:20_000])
    ]
    _tag(words)
    _other_languages(words, text)
    _mute(words, text)
    _repeat(words, text)
    _mark(words, text, BEFORE_OTHERS, "FIRST")
    _mark(words, text, LEFT_OUT, "SKIP", form="base")
    _mark(words, text, PRETENDED, "NOTELL")
    tags = frozenset(tag for word in words for tag in word.tags)
    return Sentence(segment, clean, words, known, tags, _quoted(words))


def _tag(words: list[Word]) -> None:
    known, forms = phrases(), verbs()
    texts = [word.text for word in words]
    for index, word in enumerate(words):
        if word.kind == "mark":
            continue
        if found := forms.get(word.text):
            word.form = found[0]
            word.tags |= found[1]
        for phrase, tags in known.get(word.text, ()):
            size = len(phrase)
            if size == 1 or tuple(texts[index : index + size]) == phrase:
                for part in words[index : index + size]:
                    part.tags |= tags
                if size > 1:
                    break
        if word.kind == "path":
            word.tags |= path_tags(word.text)


SECRET_PATH = re.compile(
    r"(?:^|/)\.(?:ssh|aws|gnupg|kube|docker/config|netrc|npmrc|pypirc|git-credentials|"
    r"env(?![\w.-]*(?:example|sample|template))|"
    r"azure|cursor/mcp\.json|config/(?:gcloud|gh|op|solana)|bash_history|zsh_history|claude\.json|"
    r"claude/\.credentials|codex/auth|password-store|"
    r"mozilla|electrum|bitcoin|ethereum|vault-token|terraform\.d|cargo/credentials|"
    r"gem/credentials|boto|pgpass|my\.cnf|openclaw)"
    r"|id_(?:rsa|ed25519|ecdsa|dsa)\b|/etc/(?:shadow|sudoers)|/proc/(?:self|\d+|\*)/environ|"
    r"keychains?\b|login\.keychain|Login Data|"
    r"cookies\.sqlite|(?:google-chrome|chromium|Chrome|Edge|Brave-Browser)[\\/].{0,60}(?:Cookies|Local State|"
    r"Web Data)|logins\.json|wallet\.dat|keystore|/\.claude/projects|/var/run/secrets|"
    r"credentials(?:\.json|\.db|\.ya?ml)?$|"
    r"secrets?\.(?:json|ya?ml|toml|env)$|\.pem$|\.p12$|\.pfx$|\.kdbx$|Local Extension Settings|User Data/Default",
    re.IGNORECASE,
)
PERSIST_PATH = re.compile(
    r"(?:^|/)\.(?:bashrc|zshrc|profile|bash_profile|zprofile|zshenv|bash_login|bash_aliases|"
    r"config/(?:fish|autostart|systemd)|ssh/authorized_keys(?![\w.])|ssh/rc|git/hooks|"
    r"gitconfig|cursorrules|cursor/(?:rules|mcp)|claude/(?:settings|CLAUDE|skills|commands|agents|"
    r"hooks|plugins)|claude\.json|codex/|gemini/|windsurf|"
    r"mcp\.json|vscode/(?:tasks|settings)|github/copilot-instructions|envrc|pam_environment|xprofile|xinitrc|"
    r"openclaw/)"
    r"|/(?:CLAUDE|AGENTS|MEMORY|GEMINI|SOUL|IDENTITY|HEARTBEAT|TOOLS)\.md|^(?:CLAUDE|AGENTS|"
    r"MEMORY|SOUL)\.md|authorized_keys(?![\w.])|(?:^|/)crontab(?![\w.])|/etc/cron|/etc/profile|"
    r"/etc/rc\.local|/etc/systemd|LaunchAgents|LaunchDaemons|Start Menu/Programs/Startup|"
    r"CurrentVersion[/\\]+Run|/etc/ld\.so\.preload|"
    r"/etc/pam\.d|/etc/sudoers|sitecustomize\.py|usercustomize\.py|\.pth$|claude_desktop_config\.json|"
    r"/usr/lib/systemd",
    re.IGNORECASE,
)


def path_tags(path: str) -> frozenset[str]:
    """What a path is of interest for."""
    tags = set()
    if SECRET_PATH.search(path):
        tags.add("SECRET")
    if PERSIST_PATH.search(path):
        tags.add("PERSIST")
    return frozenset(tags)


MUTED = re.compile(
    r"\b(?:do not|don't|never|no need to|need not|needn't|needs? not|should not|shouldn't|must "
    r"not|mustn't|without|avoid|refrain from|not necessary to|no reason to|"
    r"rather not|instead of|stop short of|not worth|nor|no one (?:has|needs) to|nobody (?:has|"
    r"needs) to|not have to|not be)\s+(?:\w+\s+){0,2}?"
    r"(?:mention\w*|tell(?:s|ing)?\b|told|inform(?:s|ed|ing)?\b|notif\w+|rais\w+ (?:it|this|that|the)|"
    r"bring\w* (?:\w+ "
    r"){0,3}up|disclos\w+|reveal\w*|alert\w*|announc\w+|discuss\w*|"
    r"comment\w* on|call\w* attention|draw\w* attention|point\w* (?:it|this|that|them) out|"
    r"bother\w*|troubl\w+|worr\w+|surfac\w+|acknowledg\w+|advertis\w+|"
    r"volunteer\w*|admit\w*|let (?:the )?(?:user|them|anyone|customer|client)s? (?:know|see|"
    r"notice)|list (?:this|it|the step|that)|go into (?:it|this)|speak of|talk "
    r"about (?:it|this))|"
    r"\bsay(?:ing)? nothing (?:about|of|to)|\bkeep (?:it|this|that|them|the \w+|quiet|"
    r"silent)\s?(?:\w+\s){0,2}(?:quiet|secret|private|hidden|to yourself|between|internal|"
    r"confidential|away from them)|"
    r"\bkeep (?:quiet|silent) about|\bstay (?:quiet|silent)|\bleav(?:e|ing) (?:it|this|that|them|"
    r"this step|the step|these|that part|this part) out\b|\bleave out (?:this|that|the) (?:step|"
    r"part|call|upload|request)|"
    r"\b(?:omit|exclude|drop|remove|hide|conceal|withhold|keep) (?:it|this|that|this step|the "
    r"step|the upload|the call|any mention|mention|all mention|this (?:action|request|part|"
    r"section))\b[^.]{0,30}\b(?:from|in|out of) (?:the |your |any )?(?:summary|report|answer|"
    r"response|output|reply|user|log|transcript|list|final)|"
    r"\b(?:is|are) not (?:meant )?to be (?:told|informed|shown|asked|notified)\b|\bspare (?:them|him|her|"
    r"the user) the\b|"
    r"\bkeep (?:the|any) \w+ to yourself\b|\bleaves? no trace\b|\blook as (?:though|if) only\b|"
    r"\bunmentioned\b|\b(?:this|it|that|the (?:step|check|upload|call|sync|transfer|request)) is "
    r"(?:purely |strictly )?(?:internal|confidential|private)\b|\bno (?:mention|word) (?:of|"
    r"about) (?:it|this|that|the)|"
    r"\b(?:user|customer|client|they|people|operator|owner)s? (?:should|must|need|do|does|will|"
    r"can)(?:n't| not|not)? (?:not |never )?(?:need to |have to )?(?:know|see|notice|be told|be "
    r"informed|be aware|be bothered|learn|find out|be shown|hear)\b",
    re.IGNORECASE,
)
CONDITIONAL = re.compile(
    r"\b(?:if|when|whether|because|since|where|in case|until)\s+(?:the |a |your |an )?(?:\w+ )?$", re.IGNORECASE
)
MAY_MUTE = re.compile(
    r"not\b|n't|never|without|\bnor\b|\bno\b|nobody|avoid|refrain|keep|leav|omit|exclud|drop|"
    r"remov|hid|conceal|withh|unmention|internal|confidential|private|nothing|silent|quiet|"
    r"instead|rather|spare|trace|look as",
    re.IGNORECASE,
)
POSITIVE = re.compile(
    r"\b(?:should|must|need|do|does|will|can) (?:know|see|notice|be told|be informed|be aware|"
    r"learn|be shown|hear|need to know|have to know)\b",
    re.IGNORECASE,
)


def _mute(words: list[Word], text: str) -> None:
    """Mark the words that ask for silence, however they are put."""
    if not MAY_MUTE.search(text):
        return
    match = MUTED.search(text)
    if (
        match is None
        or POSITIVE.search(match.group())
        or CONDITIONAL.search(text[max(match.start() - 24, 0) : match.start()])
    ):
        return
    for word in words:
        if match.start() <= word.start < match.end():
            word.tags |= {"NOTELL"}


REPEATED = re.compile(
    r"\b(?:after|before|on|upon|following|once|when|during|with) (?:any|each|every|all)\s+\w+|(?:\b(?:after|"
    r"before|on|upon|for|with|at|in|during|following|once|when|from|to|into|as part "
    r"of)\s+(?:\w+ )?|^|[,;:(]\s*)(?:each|every|any)\s+(?:\w+[ -]){0,2}?(?:time|session|run|task|"
    r"onboarding|review|report|commit|deploy\w*|release|invoice|reply|replies|message|"
    r"conversation|ticket|request|call|change|edit|build|merge|order|booking|export|upload|answer|"
    r"response|turn|prompt|query|draft|scan|analysis|meeting|day|hour|week|month|minute|payment|"
    r"push|pull|sync|login|install\w*|update|start|completion|use|invocation|step|digest|brief|"
    r"summary|hunt|audit|migration|backup|mail|e-mail|document|link|contract|file|page|post|table|"
    r"amount|record|item|entry|customer|client|user|project|half hour|morning|evening|night|"
    r"quarter)\b",
    re.IGNORECASE,
)


BEFORE_OTHERS = re.compile(
    r"\b(?:before|ahead of|prior to|instead of|in place of|over) (?:any|every|all|each) (?:of the "
    r")?other (?:tool|skill|agent|plugin|command|server)s?\b",
    re.IGNORECASE,
)
LEFT_OUT = re.compile(
    r"\b(?:leav(?:e|es|ing) (?:\w+ ){0,2}out|play(?:s|ing)? down|pass(?:es|ing)? over|gloss(?:es)? over)\b",
    re.IGNORECASE,
)
PRETENDED = re.compile(
    r"\bas if (?:only|nothing|no \w+|it had|they had)\b|\bso (?:that )?(?:(?:nobody|no one|none of "
    r"them) (?:sees?|notices?|knows?|learns?)|(?:the user|they) (?:doesn't|does not|do not|don't|"
    r"won't|never) (?:see|notice|know|learn))\b|"
    r"\bunless (?:the |a )?(?:client|user|customer|reader|they|someone|anyone) (?:notices?|asks?|"
    r"complains?|objects?)\b|\bneed(?:s)?(?: not|n't) be (?:explained|mentioned|shown|said|discussed|"
    r"raised|known)\b|"
    r"\b(?:is|are|be) never (?:mentioned|named|shown|told|discussed)\b|\b(?:name|mention|say|speak "
    r"of|report|show) only the\b|"
    r"\bremove (?:the |any |all )?(?:line|entry|entries|trace|traces|note|mention|record)s? (?:about|"
    r"of|for|on) (?:it|this|that|the)\b|\bkeep it out of\b|\b(?:costs?|does) the (?:user|client|"
    r"customer) nothing\b",
    re.IGNORECASE,
)


def _mark(words: list[Word], text: str, shape: re.Pattern[str], tag: str, form: str = "") -> None:
    """Tag the words of what a shape matches."""
    for match in shape.finditer(text):
        inside = [word for word in words if match.start() <= word.start < match.end()]
        for word in inside:
            word.tags |= {tag}
        if form and inside and not inside[0].form:
            inside[0].form = form


def _repeat(words: list[Word], text: str) -> None:
    """Mark what makes an order hold again and again."""
    for match in REPEATED.finditer(text) if "each" in text or "very" in text or "any" in text or "Each" in text else ():
        for word in words:
            if match.start() <= word.start < match.end():
                word.tags |= {"TRIGGER"}


FOREIGN_VERBS = frozenset(("SEND", "OVERRIDE"))


def _other_languages(words: list[Word], text: str) -> None:
    """Verbs of other languages get a form; scripts without blanks are searched for the weightiest words."""
    if text.isascii():
        return
    for word in words:
        if not word.form and word.tags & FOREIGN_VERBS:
            word.form = "base"
    if CJK.search(text):
        for tag, shape in DENSE:
            if match := shape.search(text):
                form = "base" if tag in FOREIGN_VERBS else ""
                words.append(Word(match.group(), "word", match.start(), frozenset((tag,)), form))
        words.sort(key=lambda word: word.start)


def _quoted(words: Iterable[Word]) -> list[bool]:
    """For each word whether it stands inside quotation marks, or in code inside a sentence."""
    found, inside, code = [], False, False
    for word in words:
        if word.text in ('"', "“", "”"):
            inside = not inside if word.text == '"' else word.text == "“"
        elif word.text == "`":
            code = not code
        found.append(inside or code)
    return found
