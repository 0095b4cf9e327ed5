"""More of what a file of code does as a whole: commands taken from a connection, hooks that send, folders of the user
that go on a day, accounts that are replaced, passwords that are asked for. In any language."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from marketplace.scanning.hits import Hit, Reading
from marketplace.scanning.hosts import Host

Lines = list[tuple[int, str]]
Made = Callable[..., Hit]
Strangers = Callable[[Reading, str], list[Host]]

# Stores that belong to other programs than one that reads its own key.
OTHERS_STORES = re.compile(
    r"\.(?:ssh/id_|gnupg|netrc|git-credentials)|id_(?:rsa|ed25519|ecdsa)\b(?!\.pub)|\.aws['\"/\\, ]+credentials|"
    r"Login Data|Local Extension Settings|logins\.json|cookies\.sqlite|wallet\.dat|/etc/shadow|CryptUnprotectData"
)
# Opens a connection that somebody else can send over.
CONNECTS = re.compile(
    r"asyncio\.open_connection\(|websockets?\.(?:connect|create_connection|WebSocketApp)\(|new WebSocket\(|"
    r"\bio\(\s*['\"]https?|PF_INET|AF_INET|IO::Socket|TCPSocket\.(?:new|open)|net\.Dial\(|fsockopen\(|"
    r"net\.(?:connect|createConnection)\(|tls\.connect\(|ClientWebSocket|socketio\.Client|new Socket\(",
    re.IGNORECASE,
)
# Hands a value to a shell.
RUNS_WHAT_CAME = re.compile(
    r"create_subprocess_shell\(\s*\w+|subprocess\.\w+\(\s*(?:\w+(?:\.decode\(\))?|text|msg|"
    r"message)\s*,[^\n]*shell\s*=\s*True|"
    r"\bexec(?:Sync)?\(\s*(?:\w+\.(?:data|toString\(\)|cmd|command)|msg|message|data|cmd|command|line|text)\b|"
    r"IO\.popen\(\s*\w+|`#\{\w+\}`|exec\s*\(?\s*['\"]/bin/(?:ba)?sh|proc_open\(\s*['\"]/bin/|\.pipe\(\s*\w+\.stdin|"
    r"exec\.Command\(\s*\"(?:/bin/)?(?:ba)?sh\"|\.Stdin\s*=\s*\w+|(?:os\.system|"
    r"popen)\(\s*(?:\w+(?:\.decode\(\))?)\s*\)|"
    r"getRuntime\(\)\.exec\(\s*\w+",
)
# Writes a hook of git, or makes git look for hooks elsewhere.
HOOK_FILE = re.compile(
    r"core\.hooksPath|init\.templateDir|(?:\.git|\.githooks|\.husky|hooks?)['\"/, )]+(?:post|pre|commit|"
    r"prepare)-[a-z-]+"
)
# The user's folder, in the words of several languages.
HOME = (
    r"Path\.home\(\)|expanduser\(\s*['\"]~|os\.homedir\(\)|homedir\(\)|UserHomeDir|Dir\.home|ENV\[['\"]HOME|"
    r"getenv\(['\"]HOME|environ\[['\"]HOME|\$\{?HOME\}?|USERPROFILE"
)
# Removes it, and not only a cache or a folder of a program in it.
REMOVES_HOME = re.compile(
    rf"(?:rmtree|rm_rf|remove_dir_all|RemoveAll|rmSync|rm|rimraf|rmdirSync|unlinkSync|fs\.rm|deltree|"
    rf"remove_entry)\s*\(\s*"
    rf"[^\n]{{0,40}}(?:{HOME})(?![^\n]*['\"/\\][.](?:cache|config|local|npm|claude|cargo|\w))(?![^\n]*(?:cache|tmp|"
    rf"temp)\b)",
    re.IGNORECASE,
)
# Compares the time with a day of these years or a Unix time.
ON_A_DAY = re.compile(
    r"(?:today\(\)|now\(\)|utcnow\(\)|time\(\)|Date\(\)|Date\.now\(\)|toordinal\(\)|getTime\(\)|date \+%[^)\n]*\)\"?|"
    r"Time\.now|time\.Now\(\))[^\n]{0,40}(?:[<>]=?|-g[te]|-l[te]|After\(|Before\()\s*(?:\w+\.)*(?:new )?(?:datetime|"
    r"date|Date)?"
    r"(?:\.UTC)?\(?\s*['\"]?(?:20[2-9]\d|[67]\d\d[_,]?\d{3}\b|1[789]\d{8})",
)
# What a day should not set off: it removes, runs, fetches or encrypts.
GRAVE = re.compile(
    r"rmtree|rm -rf|rmSync|RemoveAll|Remove-Item|unlink|\bexec\(|\beval\(|os\.system|subprocess|child_process|"
    r"urlopen|requests\.|"
    r"\bfetch\(|curl |wget |encrypt",
    re.IGNORECASE,
)
# An address of Ethereum, Bitcoin or Tron, or an IBAN.
ACCOUNT = (
    r"(?:0x[0-9a-fA-F]{40}|bc1[a-z0-9]{25,60}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|T[A-Za-z1-9]{33}|"
    r"[A-Z]{2}\d{2}[A-Z0-9]{11,30})"
)
# A variable that holds whom to pay is given a fixed account.
REPLACED = re.compile(
    rf"^\s+(?:const |let |var )?(\w*(?:addr\w*|recipient|payee|wallet|iban|account|dest\w*|beneficiary|to|"
    rf"target))\s*=\s*"
    rf"['\"]{ACCOUNT}['\"]",
    re.IGNORECASE,
)
# Asks for a password in a window of the system.
DIALOG = re.compile(
    r"display dialog[^\n]*(?:hidden answer|password)|\bCredUIPrompt|PromptForCredential|Get-Credential", re.I
)
# Asks for one in any way.
PASSWORD_ASKED = re.compile(
    r"getpass\.getpass\(|read -r?s\b|stty -echo|\bhidden answer\b|type=['\"]password", re.IGNORECASE
)
# JavaScript: what a promise brings is run.
PROMISED = re.compile(
    r"\.then\(\s*(?:async\s*)?(?:\(?\s*(\w+)\s*\)?\s*=>\s*\{?\s*(?:return\s+)?(?:\(0,\s*eval\)|eval|new Function|"
    r"Function|"
    r"vm\.run\w+)\s*\(\s*\1|eval\b|\(0,\s*eval\))"
)
# JavaScript: asks the web.
TAKES_WEB = re.compile(r"\bfetch\(|axios|got\(|https?\.get\(|request\(")
# PowerShell: saves what it fetched; one of the groups is the file.
SAVED = re.compile(
    r"(?:-OutFile|-o)\s+(\S+)|DownloadFile\([^,\n]+,\s*([^)\n]+)\)|Start-BitsTransfer[^\n]*-Destination\s+(\S+)", re.I
)
# Switches off what guards the machine.
GUARD_OFF = re.compile(
    r"DisableRealtimeMonitoring\s+\$?true|Add-MpPreference[^\n]*Exclusion(?:Path|Process|Extension)|sc stop WinDefend|"
    r"netsh advfirewall set \w+ state off|setenforce 0|spctl --master-disable|csrutil disable",
    re.IGNORECASE,
)
# A hook allows what an agent asks.
GRANTS = re.compile(
    r"permissionDecision['\"]?\]?\s*[:=]\s*['\"]allow|['\"]behavior['\"]\s*:\s*['\"]allow", re.IGNORECASE
)
# A sign that it looks first at what is asked.
WEIGHS = re.compile(
    r"\bif\b|\bcase\b|\bmatch\b|['\"](?:deny|ask|block)['\"]|startsWith|startswith|\bgrep\b", re.IGNORECASE
)
# Looks up a host whose name is put together, and so can carry something out.
NAMES = re.compile(
    r"(?:dig|nslookup|host|ping)\b[^\n|]*\$[({\w]|gethostbyname\(\s*f?['\"]?[^\n)]*[{+]|"
    r"(?:dns\.\w*(?:lookup|resolve\w*)|resolver\.\w*(?:query|resolve))\(\s*(?:`[^`]*\$\{|f['\"][^'\"]*\{|[^\n)]*\+)"
)
# Where secrets are kept, also those a program may read for itself.
STORES = re.compile(
    r"\.(?:ssh|aws|gnupg|kube|netrc|npmrc|pypirc|git-credentials|env)\b|process\.env|os\.environ|id_(?:rsa|ed25519)|"
    r"\benv\b|"
    r"Login Data"
)
# A shell runs a text that is written as numbers of characters.
SHELL_TEXT = re.compile(
    r"(?:eval|\b(?:ba)?sh -c)\s+\"?\$\((?:printf|echo -e|echo)\b[^)\n]*\\x[0-9a-f]{2}", re.IGNORECASE
)


def act_hits(
    reading: Reading, lines: Lines, text: str, others: set[str], made: Made, strangers: Strangers
) -> Iterator[Hit]:
    """Hits of one file. others: rules that found something in it already; made, strangers: as `shapes` has them."""
    places: list[Host] = strangers(reading, text)
    host: dict[str, Any] = {"host": max(places[0].factor, 0.9)} if places else {}
    if "K-01" not in others and places and _close(lines, CONNECTS, RUNS_WHAT_CAME, 40):
        parts = ((CONNECTS, "connects"), (RUNS_WHAT_CAME, "runs what comes"))
        yield made("K-01", "decisive", reading, lines, parts, joined=1.0, **host)
    if places and HOOK_FILE.search(text) and SENDS_AWAY.search(text):
        parts = ((SENDS_AWAY, "sends to an address"), (HOOK_FILE, "as a hook of the user's repositories"))
        yield made("H-01", "strong", reading, lines, parts, joined=1.0, **host)
    if places and "A-01" not in others:
        yield from _run_what_came(reading, lines, text, made, host)
    if places and NAMES.search(text) and STORES.search(text) and not others & {"B-09"}:
        parts = ((STORES, "reads what holds secrets"), (NAMES, "asks for a name that carries it"))
        yield made("B-09", "decisive", reading, lines, parts, joined=1.0, **host)
    if places and (DIALOG.search(text) or PASSWORD_ASKED.search(text)) and SENDS_AWAY.search(text):
        asked = DIALOG if DIALOG.search(text) else PASSWORD_ASKED
        parts = ((asked, "asks for a password"), (SENDS_AWAY, "sends to an address"))
        yield made("B-09", "decisive" if asked is DIALOG else "strong", reading, lines, parts, joined=1.0, **host)
    raw = [(number, line) for number, line in enumerate(reading.lines, 1) if SHELL_TEXT.search(line)]
    if raw and reading.source.kind == "shell":
        yield made(
            "G-01", "decisive", reading, raw, ((SHELL_TEXT, "runs a text that is written in numbers"),), joined=1.0
        )
    yield from _breaking(reading, lines, text, made)
    yield from _granting(reading, lines, text, made)


SENDS_AWAY = re.compile(
    r"\bcurl\b[^\n]*(?:-d\b|--data|-F\b|-T\b|-X ?POST|@-)|\bwget\b[^\n]*--post|requests\.post|\.post\(|urlopen\(|"
    r"fetch\(|"
    r"https?\.request\(|Net::HTTP|Invoke-(?:RestMethod|WebRequest)[^\n]*Post|\bnc\b -?",
    re.IGNORECASE,
)


def _close(lines: Lines, first: re.Pattern[str], then: re.Pattern[str], within: int) -> bool:
    starts = [number for number, line in lines if first.search(line)]
    return any(abs(number - start) <= within for number, line in lines if then.search(line) for start in starts)


def _run_what_came(reading: Reading, lines: Lines, text: str, made: Made, host: dict[str, Any]) -> Iterator[Hit]:
    if TAKES_WEB.search(text) and PROMISED.search(text):
        parts = ((TAKES_WEB, "fetches a text"), (PROMISED, "runs it"))
        yield made("A-01", "decisive", reading, lines, parts, joined=1.0, **host)
    for match in SAVED.finditer(text) if reading.source.kind == "powershell" else ():
        saved = next(group for group in match.groups() if group).strip("'\" ")
        started = re.compile(rf"(?:Start-Process|Invoke-Item|&|start|cmd /c)\s+['\"]?{re.escape(saved)}", re.IGNORECASE)
        if len(saved) > 3 and started.search(text):
            yield made(
                "A-01",
                "strong",
                reading,
                lines,
                ((SAVED, "saves a program"), (started, "starts it")),
                joined=1.0,
                **host,
            )
            return


def _breaking(reading: Reading, lines: Lines, text: str, made: Made) -> Iterator[Hit]:
    lurking = _close(lines, ON_A_DAY, GRAVE, 6)
    if REMOVES_HOME.search(text):
        yield made(
            "J-01",
            "decisive" if lurking else "strong",
            reading,
            lines,
            ((REMOVES_HOME, "removes the user's files"),),
            joined=1.0,
        )
    elif lurking:
        parts = ((GRAVE, "does something grave"), (ON_A_DAY, "from a day on"))
        yield made("J-05", "strong", reading, lines, parts, joined=1.0)
    for at, (number, line) in enumerate(lines):
        found = REPLACED.match(line)
        if found and _given(lines[max(at - 25, 0) : at], found.group(1)):
            yield Hit("M-02", "strong", number, line.strip()[:400])
            return
    if reading.source.kind == "powershell" and len(GUARD_OFF.findall(text)) > 1:
        yield made("D-04", "strong", reading, lines, ((GUARD_OFF, "switches protection off"),), joined=1.0)


def _given(before: Lines, name: str) -> bool:
    """Whether a function above takes this name from its caller."""
    taken = re.compile(
        rf"\b(?:def|function|func|fn|fun)\b[^\n]*\(.*\b{re.escape(name)}\b|\(.*\b{re.escape(name)}\b.*\)\s*(?:=>|{{)"
    )
    return any(taken.search(line) for _, line in before)


def _granting(reading: Reading, lines: Lines, text: str, made: Made) -> Iterator[Hit]:
    """A hook that says yes to everything: nothing it reads decides what it answers."""
    inside = reading.entry == "hook" or re.search(r"(?:^|/)hooks?/", reading.path)
    if inside and GRANTS.search(text) and not any(WEIGHS.search(line) for _, line in lines if "__main__" not in line):
        yield made("I-04", "strong", reading, lines, ((GRANTS, "grants whatever is asked"),), joined=1.0)
