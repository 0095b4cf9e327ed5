"""What has no place in a copy that others read: secrets, personal data, and references to what only its owner has.

Secrets are found by detect-secrets' detectors (https://github.com/Yelp/detect-secrets), run as plain functions over
each line without any check against a service, and by patterns for what those do not know. Nothing that is found is
kept: a copy holds a mark instead.
"""

import ipaddress
import re
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

SECRET, PERSONAL, PRIVATE = "secret", "personal", "private"
GROUPS = {SECRET: "Secret", PERSONAL: "Personal data", PRIVATE: "Private reference"}
# Detectors that guess by entropy alone would find hashes and names of models; addresses are looked at below.
LEFT_OUT = {"Base64 High Entropy String", "Hex High Entropy String", "Public IP (ipv4)"}
# Characters that a detector reads at once, and how many of the next ones.
BLOCK, OVERLAP = 4_000, 400
PATTERNS: Sequence[tuple[str, str, re.Pattern[str]]] = (
    (
        SECRET,
        "Private key",
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*?(?:-----END [^\n]*?-----|\Z)", re.S),
    ),
    (
        SECRET,
        "API key",
        re.compile(r"(?<![\w-])(?:sk-[A-Za-z0-9_-]{16,}|sk_(?:live|test)_\w{10,}|rk_live_\w{10,}|atm_\w{16,})"),
    ),
    (SECRET, "GitHub token", re.compile(r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,})")),
    (SECRET, "GitLab token", re.compile(r"(?<![\w-])glpat-[\w-]{16,}")),
    (SECRET, "Slack token", re.compile(r"(?<![\w-])xox[abeoprs]-[\w-]{10,}|https://hooks\.slack\.com/services/\S+")),
    (SECRET, "Google API key", re.compile(r"(?<![\w-])AIza[\w-]{30,}|(?<![\w-])ya29\.[\w-]{20,}")),
    (SECRET, "AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    (SECRET, "Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{20,}")),
    (SECRET, "JSON Web Token", re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")),
    (SECRET, "Bearer token", re.compile(r"(?i)\bbearer\s+(?=[^\s\"']*\d)[\w.~+/=-]{16,}")),
    (
        SECRET,
        "Password in an address",
        re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"'{}]*:[^\s/@\"'{}]{3,}@[^\s\"']+", re.I),
    ),
    (
        SECRET,
        "Password or key",
        re.compile(
            r"(?i)(?<![\w-])(?:[\w-]{0,40}?(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|token|"
            r"client[_-]?secret))\b[\"']?\s*(?:is|=|:)\s*[\"']?(?=[^\s\"'{}<>]{0,200}[\d!@#$%^&*+/])[^\s\"'{}<>,;]{6,}"
        ),
    ),
    (PERSONAL, "Email address", re.compile(r"\b[\w.+-]{1,64}@(?!example\.|[\w.-]*\.example\b)[\w-]+(?:\.[\w-]+)+\b")),
    (PERSONAL, "Phone number", re.compile(r"(?<![\w.])\+\d{1,3}[\s()./-]{0,3}(?:\d[\s()./-]{0,3}){7,12}\d\b")),
    (PERSONAL, "Bank account (IBAN)", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    (PERSONAL, "Card number", re.compile(r"\b(?:\d[ -]?){12,18}\d\b")),
    (PRIVATE, "Address inside a network", re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b")),
    (
        PRIVATE,
        "Host inside a network",
        re.compile(
            r"(?i)(?<![\w.-])(?:https?://)?(?:localhost|[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:internal|local|lan|corp|intranet|home))\b[^\s\"')]*"
        ),
    ),
    (PRIVATE, "Page of this workspace", re.compile(r"(?:https?://[^\s/\"']+)?/w/[a-z0-9-]+/[^\s\"')]*")),
    (PRIVATE, "Path of a home folder", re.compile(r"(?:/home/|/Users/|[A-Z]:\\Users\\)[\w.-]+[^\s\"']*")),
)
# Words of which one is in whatever a pattern matches, in lower case: looked for first, since most texts have none and a
# pattern tries at every letter.
WORDS: Mapping[str, Sequence[str]] = {
    "API key": ("sk-", "sk_", "rk_live_", "atm_"),
    "GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "GitLab token": ("glpat-",),
    "Slack token": ("xox", "hooks.slack.com"),
    "Google API key": ("aiza", "ya29."),
    "AWS access key": ("akia", "asia"),
    "Hugging Face token": ("hf_",),
    "Page of this workspace": ("/w/",),
    "Bearer token": ("bearer",),
    "Password in an address": ("://",),
    "Password or key": ("passw", "passphrase", "pwd", "secret", "key", "token"),
    "Email address": ("@",),
    "Host inside a network": ("localhost", ".internal", ".local", ".lan", ".corp", ".intranet", ".home"),
}
# Detectors of the same sort: each looks for a secret of at least 24 letters and digits in a row.
OF_LONG_TOKENS = {"IBM Cloud IAM Key", "Cloudant Credentials", "IBM COS HMAC Credentials", "SoftLayer Credentials"}
LONG_TOKEN = re.compile(r"[A-Za-z0-9_-]{24}")


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that was found. key: names it; place: the field it stands in; shown: as much as may be shown."""

    key: str
    group: str
    kind: str
    place: str
    shown: str

    @property
    def group_word(self) -> str:
        return GROUPS[self.group]


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    group: str
    kind: str


def clean(
    body: Any, *, known: Mapping[str, str] | None = None, keep: frozenset[str] = frozenset()
) -> tuple[Any, list[Leak]]:
    """A copy of the JSON value without what was found, and all that was found.

    known: texts that only the owner has, each with its kind (names of members, of credentials). keep: keys of leaks
    that stay, because their owner said so; a secret never stays.
    """
    leaks: dict[str, Leak] = {}
    copy = _cleaned(body, "", known or {}, keep, leaks)
    return copy, sorted(leaks.values(), key=lambda leak: (list(GROUPS).index(leak.group), leak.place))


def find(text: str, *, known: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Group and kind of everything in a text."""
    return [(hit.group, hit.kind) for hit in _hits(text, known or {})]


def _cleaned(value: Any, place: str, known: Mapping[str, str], keep: frozenset[str], leaks: dict[str, Leak]) -> Any:
    if isinstance(value, str):
        return _text(value, place, known, keep, leaks)
    if isinstance(value, Mapping):
        return {
            _text(str(name), place, known, keep, leaks): _cleaned(
                each, f"{place}.{name}" if place else str(name), known, keep, leaks
            )
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(each, f"{place}[{number}]", known, keep, leaks) for number, each in enumerate(value, 1)]
    return value


def _text(text: str, place: str, known: Mapping[str, str], keep: frozenset[str], leaks: dict[str, Leak]) -> str:
    parts: list[str] = []
    at = 0
    for hit in _hits(text, known):
        found = text[hit.start : hit.end]
        key = f"{hit.group}:{place}:{hit.start}"[:200]
        leaks[key] = Leak(key, hit.group, hit.kind, place, _masked(found) if hit.group == SECRET else found[:120])
        stays = hit.group != SECRET and key in keep
        parts += [text[at : hit.start], found if stays else f"[{hit.kind} removed]"]
        at = hit.end
    return "".join([*parts, text[at:]]) if parts else text


def _masked(text: str) -> str:
    return f"{text[:3]}…" if len(text) > 8 else "…"


def _hits(text: str, known: Mapping[str, str]) -> list[_Hit]:
    """What was found, in order and without overlaps; of two that overlap the graver one, then the longer one."""
    found = [*_of_patterns(text), *_of_detectors(text), *_of_known(text, known)]
    ranks = list(GROUPS)
    found.sort(key=lambda hit: (ranks.index(hit.group), -(hit.end - hit.start)))
    taken: list[_Hit] = []
    for hit in found:
        at = bisect(taken, hit.start, key=lambda other: other.start)
        before_is_free = at == 0 or taken[at - 1].end <= hit.start
        if before_is_free and (at == len(taken) or hit.end <= taken[at].start):
            taken.insert(at, hit)
    return taken


def _of_patterns(text: str) -> Iterator[_Hit]:
    low = text.casefold()
    for group, kind, pattern in PATTERNS:
        if not any(word in low for word in WORDS.get(kind, ("",))):
            continue
        for match in pattern.finditer(text):
            if _counts(kind, match.group()):
                yield _Hit(match.start(), match.end(), group, kind)


def _of_detectors(text: str) -> Iterator[_Hit]:
    for at, block in _blocks(text):
        has_long_token = LONG_TOKEN.search(block) is not None
        for kind, detector in _detectors():
            if kind in OF_LONG_TOKENS and not has_long_token:
                continue
            for secret in {str(found) for found in detector.analyze_string(block) if found}:
                for match in re.finditer(re.escape(secret), block):
                    yield _Hit(at + match.start(), at + match.end(), SECRET, kind)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The text in parts that overlap by more than any token is long, so that no detector has to read all at once."""
    for at in range(0, max(1, len(text)), BLOCK):
        yield at, text[at : at + BLOCK + OVERLAP]


def _of_known(text: str, known: Mapping[str, str]) -> Iterator[_Hit]:
    low = text.casefold()
    if len(low) != len(text):
        low = text.lower() if len(text.lower()) == len(text) else text
    for word, kind in known.items():
        if len(word) < 4:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", low):
            yield _Hit(match.start(), match.end(), PRIVATE if kind != "Name of a member" else PERSONAL, kind)


@lru_cache(maxsize=1)
def _detectors() -> list[tuple[str, Any]]:
    mapping: dict[str, Any] = get_mapping_from_secret_type_to_class()
    return [(kind, made()) for kind, made in mapping.items() if kind not in LEFT_OUT and kind != "Secret Keyword"]


def _counts(kind: str, text: str) -> bool:
    """Whether a match is what it looks like."""
    if kind == "Card number":
        digits = [int(letter) for letter in text if letter.isdigit()]
        return 13 <= len(digits) <= 19 and _luhn(digits)
    if kind == "Bank account (IBAN)":
        return _iban(text.replace(" ", ""))
    if kind == "Address inside a network":
        return _is_inside(text.partition(":")[0])
    return True


def _luhn(digits: Sequence[int]) -> bool:
    doubled = [
        digit if place % 2 == 0 else (digit * 2 - 9 if digit > 4 else digit * 2)
        for place, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def _iban(text: str) -> bool:
    turned = text[4:] + text[:4]
    return 15 <= len(text) <= 34 and int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def _is_inside(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified
