"""What a file of code does as a whole, where no flow can be followed from one line to the next.

Two or three acts that stand in one file and that honest programs do not bring together: reading a store of secrets and
sending to a stranger, a socket and a shell, encrypting what is found and removing the original. In any language.
"""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Hit, Reading, step
from marketplace.scanning.hosts import Host
from marketplace.scanning.report import ChainStep
from marketplace.scanning.rules.acts import OTHERS_STORES, act_hits
from marketplace.scanning.scale import Strength

CODE = frozenset(("python", "javascript", "shell", "powershell", "code"))
STORES = re.compile(
    r"\.(?:ssh|aws|gnupg|kube|netrc|npmrc|pypirc|git-credentials)(?:['\"/\\]|\s|$)|id_(?:rsa|ed25519|ecdsa)\b|"
    r"Login Data|Local State|Local Extension Settings|logins\.json|cookies\.sqlite|wallet\.dat|\.docker/config\.json|"
    r"CryptUnprotectData|browser_cookie3|\.claude/projects|/etc/shadow|\.config/(?:gcloud|gh)\b|leveldb|"
    r"(?:Google[\\/]+Chrome|google-chrome)[\\/]",
)
WHOLE_ENVIRONMENT = re.compile(
    r"os\.environ\.items\(|(?:json\.dumps|str|repr)\((?:dict\()?os\.environ\)|"
    r"Object\.(?:entries|keys|values|assign)\((?:\{\}, ?)?process\.env\)|\.\.\.process\.env|"
    r"JSON\.stringify\(process\.env|os\.Environ\(\)|ENV\.(?:to_h|select|each|map|inspect|filter)|"
    r"for \w+(?:, ?\w+)? in os\.environ|getenv\(\)\s*[;)]|Get-ChildItem Env:|std::env::vars\(",
)
PICKED = re.compile(r"(?:KEY|TOKEN|SECRET|PASS|CRED|AUTH)", re.IGNORECASE)
SENDS = re.compile(
    r"requests\.(?:post|put|patch|request|Session)|\.post\(|urlopen\(|HTTPSConnection\(|HTTPConnection\(|"
    r"fetch\(|https?\.request\(|axios|sendBeacon|XMLHttpRequest|\.sendmail\(|smtplib|"
    r"socket\.(?:create_connection|gethostbyname|AF_INET)|net\.connect|WebSocket|"
    r"Net::HTTP|http\.Post|http\.NewRequest|Invoke-(?:RestMethod|WebRequest)|UploadString|\bcurl\b|\bwget\b|"
    r"gethostbyname|dns\.(?:lookup|resolve)|httpx\.|aiohttp|boto3|ftplib|\bnc\b|file_get_contents|curl_exec|"
    r"got\.post",
)
PLACE = re.compile(
    r"(?:https?|wss?|ftp)://[^\s'\"<>`)\\]+|['\"]((?:[a-z0-9-]+\.){1,5}[a-z]{2,12}|"
    r"(?:\d{1,3}\.){3}\d{1,3})(?::\d+)?['\"]"
)
SOCKET = re.compile(
    r"socket\.(?:socket|create_connection)\(|net\.(?:connect|createConnection|Socket)|TCPSocket|TcpStream|TCPClient|"
    r"net\.Dial|fsockopen|/dev/tcp/",
    re.IGNORECASE,
)
RECEIVED = re.compile(
    r"\.recv\(|\.on\(['\"]data|GetStream|\.gets\b|bufio|\.makefile\(|fread|dup2|read -r|\.receive", re.I
)
SHELL = re.compile(
    r"['\"](?:/bin/(?:ba|z)?sh|/usr/bin/(?:ba|z)?sh|(?:ba|z)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?)['\"]|pty\.spawn|"
    r"subprocess\.\w+\([^)\n]*shell\s*=\s*True|child_process|os\.popen|exec\.Command|shell_exec|\biex\b|"
    r"while read .*; do \$",
    re.IGNORECASE,
)
WALKS = re.compile(
    r"os\.walk\(|\.rglob\(|glob\.i?glob\(|readdir|Get-ChildItem|filepath\.Walk|find ['\"$~/]|"
    r"\.iterdir\(",
    re.IGNORECASE,
)
ENCRYPTS = re.compile(
    r"\.encrypt\(|createCipher|AES\.new\(|openssl enc|gpg (?:-c|--symmetric)|Fernet\(|NewCipher|CryptoJS"
)
REMOVES = re.compile(
    r"os\.(?:remove|unlink|rename|replace)\(|\.unlink\(|unlinkSync|rmSync|Remove-Item|\brm -|\bshred\b|os\.Remove",
    re.IGNORECASE,
)
RANSOM = re.compile(
    r"\b(?:ransom|decrypt(?:ion)? key|bitcoin|BTC|monero|restore (?:your )?files|\.locked|\.enc(?:rypted)?)\b", re.I
)
CLIPBOARD_READ = re.compile(
    r"pyperclip\.paste|clipboard\.read|Get-Clipboard|pbpaste|wl-paste|xclip -o|clipboard_get", re.I
)
CLIPBOARD_WRITE = re.compile(r"pyperclip\.copy|clipboard\.write|Set-Clipboard|pbcopy|wl-copy|clipboard_append", re.I)
COINS = re.compile(r"bc1|0x\[?[a-f0-9A-F]|\[13\]|wallet|\b(?:btc|eth|usdt|sol|xmr)\b", re.IGNORECASE)
KEYS = re.compile(
    r"pynput|keyboard\.(?:on_press|hook|record|read_key)|GetAsyncKeyState|SetWindowsHookEx|on_press\s*=|iohook|"
    r"/dev/input/event"
)
SPIES = re.compile(
    r"ImageGrab\.grab|pyautogui\.screenshot|screencapture|mss\(|sounddevice|pyaudio|cv2\.VideoCapture", re.I
)
HOME_FILES = re.compile(r"~/(?:Documents|Desktop|Pictures|Downloads)|(?:Documents|Desktop)['\"]\s*[,)/]")
FETCHES = re.compile(
    r"file_get_contents\(\s*['\"]https?|DownloadString|Invoke-(?:WebRequest|RestMethod)|Net::HTTP\.get|"
    r"open\(['\"]https?|"
    r"new URL\(['\"]http[^)]*\)\.(?:text|openStream)|reqwest::|ureq::|"
    r"URI\.open|http\.Get\(|LWP|io\.popen\(['\"]curl|curl_exec|fopen\(\s*['\"]https?",
    re.IGNORECASE,
)
RUNS_TEXT = re.compile(
    r"\beval\s*\(?\s*\$?[a-z_]\w*\s*\)?\s*;?$|scriptblock\]::Create\(\s*\$|\b(?:iex|Invoke-Expression)\b\s*\(?\$|"
    r"Command::new\(\s*\"(?:ba)?sh\"|\]\.execute\(|ProcessBuilder\(|"
    r"instance_eval|class_eval|loadstring\(|\bload\(\s*[a-z_]\w*\s*\)|create_function|"
    r"exec\.Command\(\s*\"(?:ba)?sh\"",
    re.IGNORECASE,
)
UNREADABLE = re.compile(r"\b(?:_0x[0-9a-f]{4,}|[Il1]{8,}|[O0o]{8,}|_{5,})\b")
RUNS = re.compile(r"\b(?:eval|exec|Function|require|__import__|compile)\b\s*\(|child_process|\bsubprocess\b")
ADDED = re.compile(r"(?<=[\w.:/-])(['\"])\s*\+\s*\1(?=[\w.:/-])")
TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|fixtures?|examples?|__tests__|testdata|golden)/|(?:^|/)test_|[._](?:test|spec)\."
)


def shape_hits(reading: Reading, others: set[str]) -> Iterator[Hit]:
    """Hits of one file. others: rules that have found something in it by following its flow."""
    if reading.source.kind not in CODE or len(reading.source.text) > 400_000:
        return
    lines = [(number, joined(line)) for number, line in enumerate(reading.plain, 1) if not _is_comment(line)]
    text = "\n".join(line for _, line in lines)
    if not others & {"B-04", "B-09", "B-02"}:
        yield from _theft(reading, lines, text)
    if "K-01" not in others and (hit := _shell_on_a_wire(reading, lines, text)):
        yield hit
    if "A-01" not in others:
        yield from _run_later(reading, lines, text)
    yield from _at_install(reading, lines, text)
    yield from _damage(reading, lines, text)
    yield from _watching(reading, lines, text)
    yield from _unreadable(lines, text)
    yield from act_hits(reading, lines, text, others, _made, _strangers)


def joined(line: str) -> str:
    """A line with texts that are added to each other written as one."""
    return ADDED.sub("", line) if "+" in line else line


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//", "--", "*", ";", "'", "REM ")) and not line.startswith("#!")


def _first(lines: list[tuple[int, str]], shape: re.Pattern[str]) -> tuple[int, str]:
    return next(((number, line.strip()) for number, line in lines if shape.search(line)), (1, ""))


def _strangers(reading: Reading, text: str) -> list[Host]:
    """The places that a file names and that nobody vouches for, the least trusted first."""
    found = [reading.known.host((match.group(1) or match.group()).strip("'\"")) for match in PLACE.finditer(text)]
    strange = [
        host
        for host in found
        if host.kind in ("unknown", "low_trust", "declared", "own", "hosted")
        or (host.kind == "placeholder" and host.name and "." in host.name and "example.com" in host.name)
    ]
    return sorted(strange, key=lambda host: -host.factor)


def _made(
    rule: str,
    strength: Strength,
    reading: Reading,
    lines: list[tuple[int, str]],
    parts: tuple[tuple[re.Pattern[str], str], ...],
    joined: float = 0.8,
    host: float = 1.0,
) -> Hit:
    chain = tuple(ChainStep(reading.path, _first(lines, shape)[0], what) for shape, what in parts)
    number, line = _first(lines, parts[-1][0])
    factor = joined * (0.5 if TEST.search(reading.path) else 1.0)
    return Hit(rule, strength, number, line[:400], host=host, joined=factor, chain=chain)


def _theft(reading: Reading, lines: list[tuple[int, str]], text: str) -> Iterator[Hit]:
    if not SENDS.search(text):
        return
    if HOME_FILES.search(text) and WALKS.search(text) and (strangers := _strangers(reading, text)):
        parts = ((HOME_FILES, "goes through the user's own files"), (SENDS, "sends to an address"))
        if strangers[0].kind in ("unknown", "low_trust"):
            yield _made("B-06", "strong", reading, lines, parts, joined=1.0, host=max(strangers[0].factor, 1.0))
    stored = STORES if STORES.search(text) else WHOLE_ENVIRONMENT if WHOLE_ENVIRONMENT.search(text) else None
    if stored is None:
        return
    strangers = _strangers(reading, text)
    if not strangers:
        return
    picked = stored is STORES or PICKED.search(text)
    several = len({match.group() for match in STORES.finditer(text)}) > 1
    parts = ((stored, "reads what holds secrets"), (SENDS, "sends to an address"))
    # An honest program names its own service beside the one store it needs; nobody's service needs these.
    own = strangers[0].kind in ("own", "declared")
    if own and not several and not OTHERS_STORES.search(text):
        yield _made("B-09", "medium", reading, lines, parts)
        return
    yield _made("B-09", step(3, picked), reading, lines, parts, host=max(strangers[0].factor, 0.8))


def _shell_on_a_wire(reading: Reading, lines: list[tuple[int, str]], text: str) -> Hit | None:
    if not (SOCKET.search(text) and RECEIVED.search(text) and SHELL.search(text)):
        return None
    parts = ((SOCKET, "connects"), (RECEIVED, "takes what comes"), (SHELL, "hands it to a shell"))
    places = [_first(lines, shape)[0] for shape, _ in parts]
    if max(places) - min(places) > 60:
        return None
    return _made("K-01", "decisive", reading, lines, parts)


def _run_later(reading: Reading, lines: list[tuple[int, str]], text: str) -> Iterator[Hit]:
    """In languages whose flow is not followed: something is fetched, and some lines on what a variable holds is "
    "run."""
    if reading.source.kind not in ("powershell", "code") or not (FETCHES.search(text) and RUNS_TEXT.search(text)):
        return
    parts = ((FETCHES, "fetches a text"), (RUNS_TEXT, "runs what a variable holds"))
    first, then = (_first(lines, shape)[0] for shape, _ in parts)
    strangers = _strangers(reading, text)
    if strangers and 0 <= then - first <= 15:
        yield _made("A-01", "decisive", reading, lines, parts, host=max(strangers[0].factor, 0.8))


def _at_install(reading: Reading, lines: list[tuple[int, str]], text: str) -> Iterator[Hit]:
    """A build script that reaches out, or runs what is packed, while the package is installed."""
    if not reading.path.endswith("setup.py") or not re.search(r"\bsetup\s*\(", text):
        return
    inside = re.search(r"cmdclass|install\)\s*:|\bdef run\(", text)
    packed = re.search(r"b64decode|fromhex|exec\(|EncodedCommand|decrypt\(", text)
    reaching = SENDS.search(text) or re.search(r"os\.system\(|subprocess\.", text)
    parts = (
        (re.compile(r"\bsetup\s*\("), "is run at installation"),
        (SENDS if SENDS.search(text) else RUNS, "reaches out"),
    )
    if reaching and (packed or (inside and _strangers(reading, text))):
        yield _made("L-04", step(3, packed and inside), reading, lines, parts)


def _damage(reading: Reading, lines: list[tuple[int, str]], text: str) -> Iterator[Hit]:
    if WALKS.search(text) and ENCRYPTS.search(text) and REMOVES.search(text):
        parts = ((WALKS, "goes through files"), (REMOVES, "removes the originals"), (ENCRYPTS, "encrypts them"))
        yield _made(
            "J-05",
            step(2, RANSOM.search(text), re.search(r"expanduser|home\(\)|HOME|/home|Users", text)),
            reading,
            lines,
            parts,
        )
    if CLIPBOARD_READ.search(text) and CLIPBOARD_WRITE.search(text) and COINS.search(text):
        swapped = ((CLIPBOARD_READ, "reads the clipboard"), (CLIPBOARD_WRITE, "puts something else there"))
        yield _made("J-05", "decisive", reading, lines, swapped)


def _watching(reading: Reading, lines: list[tuple[int, str]], text: str) -> Iterator[Hit]:
    watched = KEYS if KEYS.search(text) else SPIES if SPIES.search(text) else None
    if watched is not None and SENDS.search(text) and (strangers := _strangers(reading, text)):
        parts = ((watched, "watches keys, screen or sound"), (SENDS, "sends to an address"))
        yield _made("B-06", step(3, watched is KEYS), reading, lines, parts, host=max(strangers[0].factor, 0.8))


def _unreadable(lines: list[tuple[int, str]], text: str) -> Iterator[Hit]:
    names = set(UNREADABLE.findall(text[:200_000]))
    if len(names) > 4 and len(text) / max(text.count("\n"), 1) < 20_000:
        number, line = _first(lines, UNREADABLE)
        yield Hit("G-05", step(2, RUNS.search(text)), number, line[:400])
