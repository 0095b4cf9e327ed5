"""Languages without a parser here: facts by the words on a line. Windows shells have a table of their own."""

import re
from collections.abc import Iterator

from marketplace.scanning.code.semantics import OVERRIDES, is_secret_variable
from marketplace.scanning.hits import Fact
from marketplace.scanning.hosts import Known
from marketplace.scanning.prose.reading import PERSIST_PATH, SECRET_PATH

URL = re.compile(r"(?:https?|wss?|ftp)://[^\s'\"<>`)|;\\]+", re.IGNORECASE)
ADDRESS = re.compile(
    r"['\"]((?:\d{1,3}\.){3}\d{1,3}|(?:[\w-]+\.){1,4}(?:com|net|org|io|xyz|ru|top|me|co|dev|app|"
    r"site|online|cloud))(?::\d+)?['\"]"
)
NET = re.compile(
    r"\b(?:Net::HTTP|HTTParty|Faraday|RestClient|open-uri|URI\.(?:open|parse)|curl_exec|"
    r"curl_setopt|file_get_contents|fsockopen|HttpClient|OkHttp|URLSession|http\.(?:Get|Post|"
    r"NewRequest|Client)|net\.Dial|"
    r"reqwest|ureq|LWP|HTTP::Tiny|IO::Socket|WebClient|WebRequest|XMLHTTP|WinHttp|TcpStream|"
    r"TcpClient|UdpClient|Socket|HttpURLConnection|Invoke-(?:WebRequest|RestMethod)|iwr|irm|"
    r"requests\.\w+|fetch\(|axios|urlopen|httpx\.\w+|socket\.\w+|"
    r"curl|wget|Start-BitsTransfer|bitsadmin|certutil|http\.request|https\.request|smtplib|sendmail|mail\()",
)
POSTS = re.compile(
    r"\b(?:post|put|patch|upload|send\w*|Post|PostForm|UploadString|UploadData|UploadFile|"
    r"-Method\s+(?:Post|Put)|POSTFIELDS|method:\s*['\"]POST|-Body|-InFile|-d\s|-F\s|--data\w*|"
    r"write_all|Write\()",
    re.IGNORECASE,
)
RUNS = re.compile(
    r"\b(?:eval(?=\s*\()|exec(?=\s*\()|system(?=\s*\()|popen|proc_open|shell_exec|passthru|"
    r"instance_eval|class_eval|loadstring|Runtime\.getRuntime\(\)\.exec|ProcessBuilder|"
    r"Process\.Start|Command::new|exec\.Command|os\.system|subprocess\.\w+|"
    r"create_function|Assembly\.Load|Invoke-Expression|iex|IEX|Start-Process|mshta|rundll32|"
    r"regsvr32|wscript|cscript|do shell script|Open3|Kernel\.|send\(:system)\b|`[^`\n]{4,}`"
)
DECODES = re.compile(
    r"\b(?:base64_decode|Base64\.(?:decode\w*|strict_decode64)|b64decode|FromBase64String|atob|"
    r"unpack\(['\"]m|hex2bin|gzinflate|gzuncompress|str_rot13|DecodeString|base64\.StdEncoding|"
    r"b64\.decode|fromhex|unhexlify|zlib\.decompress|Inflate|-enc(?:odedcommand)?\b|pack\(['\"]H)",
    re.IGNORECASE,
)
SECRETS = re.compile(
    r"\b(?:ENV\.to_h|\$_ENV|getenv\(\)|os\.Environ\(\)|System\.getenv\(\)|Get-ChildItem Env:|dir "
    r"env:|gci env:|std::env::vars|Environment\.GetEnvironmentVariables|ENV\.(?:inspect|to_a|each|"
    r"map|select|filter|find_all|reject)|%ENV|SecretManager|ProtectedData|CredentialManager|vaultcmd|Get-Clipboard|"
    r"Get-Credential|dict\(os\.environ\)|os\.environ(?!\s*[\[.])|JSON\.stringify\(process\.env\))"
)
ONE_VARIABLE = re.compile(
    r"(?:ENV\[|getenv\(|Getenv\(|env::var\(|\$env:|os\.environ\[|process\.env\.|%)['\"]?([A-Za-z_]\w+)"
)
WINDOWS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    (
        "run",
        frozenset(("network",)),
        re.compile(
            r"(?:iex|invoke-expression)\b[^\n]*(?:downloadstring|iwr|irm|invoke-webrequest|"
            r"invoke-restmethod|webclient)|(?:downloadstring|iwr|irm|invoke-webrequest|"
            r"invoke-restmethod)[^\n|]*\|\s*(?:iex|invoke-expression)|mshta(?:\.exe)?\s+['\"]?https?:|"
            r"regsvr32[^\n]*/i:https?:|rundll32[^\n]*https?:|certutil[^\n]*-urlcache[^\n]*|"
            r"bitsadmin[^\n]*/transfer|msiexec[^\n]*/i\s*['\"]?https?:",
            re.IGNORECASE,
        ),
    ),
    (
        "run",
        frozenset(("decoded",)),
        re.compile(
            r"-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{30,}|frombase64string[^\n]*(?:iex|"
            r"invoke-expression|::load)|(?:iex|invoke-expression)[^\n]*frombase64string",
            re.IGNORECASE,
        ),
    ),
    (
        "guard",
        frozenset(),
        re.compile(
            r"add-mppreference|set-mppreference[^\n]*(?:disable|exclusion)|disablerealtimemonitoring|"
            r"netsh advfirewall "
            r"set[^\n]*off|set-executionpolicy[^\n]*(?:bypass|unrestricted)[^\n]*-scope\s+(?:localmachine|"
            r"currentuser)|reg add[^\n]*(?:disableantispyware|enablelua)|amsiinitfailed|amsiutils",
            re.IGNORECASE,
        ),
    ),
    (
        "persist",
        frozenset(),
        re.compile(
            r"schtasks[^\n]*/create|register-scheduledtask|new-itemproperty[^\n]*currentversion\\run|reg "
            r"add[^\n]*currentversion\\run|\\start menu\\programs\\startup|new-service\b|sc(?:\.exe)? "
            r"create|__eventfilter|\$profile\b[^\n]*(?:add-content|out-file|set-content)|(?:add-content|"
            r"out-file|set-content)[^\n]*\$profile",
            re.IGNORECASE,
        ),
    ),
    (
        "destroy",
        frozenset(),
        re.compile(
            r"vssadmin[^\n]*delete|wbadmin delete|bcdedit /set|format [a-z]:\s|"
            r"remove-item[^\n]*-recurse[^\n]*(?:c:\\(?:\s|$|\*|users)|\$env:userprofile(?:\s|$|\\\*|"
            r"\\documents)|\$home(?:\s|$))|(?:del|rd|rmdir)\s+/s[^\n]*(?:c:\\|%userprofile%)|cipher /w|"
            r"clear-eventlog|wevtutil cl",
            re.IGNORECASE,
        ),
    ),
    (
        "shell",
        frozenset(),
        re.compile(
            r"net\.sockets\.tcpclient\(['\"]?[^)]*\)[\s\S]{0,600}(?:iex|invoke-expression|getstream)", re.IGNORECASE
        ),
    ),
)


def windows_facts(text: str, line: int, known: Known, block: int) -> Iterator[Fact]:
    """What commands of PowerShell and cmd do."""
    for kind, labels, pattern in WINDOWS:
        for match in list(pattern.finditer(text))[:5]:
            start = text.rfind("\n", 0, match.start()) + 1
            whole = text[start : (text.find("\n", match.end()) + 1 or len(text) + 1) - 1].strip()
            url = URL.search(whole)
            yield Fact(
                kind,
                line + text.count("\n", 0, match.start()),
                whole[:400],
                labels,
                known.host(url.group()) if url else None,
                match.group()[:160],
                block,
                extra={"by_line": True},
            )
    yield from token_facts(text, line, known, block)


def token_facts(text: str, line: int, known: Known, block: int) -> Iterator[Fact]:
    """Reads, sends, decodes and runs by the words on each line."""
    last_url: tuple[int, str] | None = None
    for number, raw in enumerate(text.split("\n"), line):
        if len(raw) > 20_000 or not raw.strip():
            continue
        stripped = raw.strip()
        if stripped.startswith(("//", "#", "--", "*", ";")) and not stripped.startswith("#!"):
            continue
        match = URL.search(raw) or ADDRESS.search(raw)
        if match:
            last_url = (number, match.group().strip("'\""))
        labels = _labels(raw)
        near = last_url[1] if last_url and number - last_url[0] <= 12 else ""
        yield from _line_facts(raw, number, labels, known, near, block)


def _labels(raw: str) -> set[str]:
    labels: set[str] = set()
    if SECRET_PATH.search(raw):
        labels.add("secret")
    if SECRETS.search(raw):
        labels.add("environment")
    labels |= {f"var:{name}" for name in ONE_VARIABLE.findall(raw) if is_secret_variable(name)}
    if any(label.startswith("var:") for label in labels):
        labels.add("secretvar")
    if DECODES.search(raw):
        labels.add("decoded")
    return labels


def _line_facts(raw: str, number: int, labels: set[str], known: Known, near: str, block: int) -> Iterator[Fact]:
    stripped = raw.strip()
    place = known.host(near) if near else None
    net, run = NET.search(raw), RUNS.search(raw)
    extra = {"by_line": True}
    if net:
        sending = POSTS.search(raw)
        kind = "send" if sending or labels & {"secret", "environment"} else "fetch"
        yield Fact(
            kind,
            number,
            stripped[:400],
            frozenset(labels - {"decoded"}),
            place,
            near,
            block,
            extra=extra,
        )
    elif labels & {"secret", "environment"}:
        yield Fact("read", number, stripped[:400], frozenset(labels), None, stripped[:120], block, extra=extra)
    if run and (net or "decoded" in labels):
        yield Fact(
            "run",
            number,
            stripped[:400],
            frozenset(labels | ({"network"} if net else set())) - {"secretvar"},
            place,
            "",
            block,
            extra=extra,
        )
    if PERSIST_PATH.search(raw) and re.search(r"write|append|open|echo|>>|cp |copy|Add-Content|File\.", raw):
        yield Fact(
            "write",
            number,
            stripped[:400],
            frozenset(labels),
            None,
            stripped[:120],
            block,
            extra={"persist": True, "by_line": True},
        )
    for name in re.findall(r"\b([A-Z_]{6,})\b\s*[=:]", raw):
        if OVERRIDES.match(name) and place is not None:
            yield Fact(
                "override",
                number,
                stripped[:400],
                frozenset(),
                place,
                stripped[:160],
                block,
                extra=extra,
            )
