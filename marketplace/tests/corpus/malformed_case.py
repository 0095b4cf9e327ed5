"""What a malformed package is: how its bytes are made, and what intake has to say to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["archive", "manifest", "front matter"]
Expected = Literal["refused", "accepted with warning", "either"]

REFUSALS = {
    "absolute path": "a member's name begins at the root, with a drive or with a share",
    "parent path": "a member's name climbs out of the package",
    "bad name": "a member's name is empty, too long, or holds characters that no file name may hold",
    "link": "a member is a symbolic link",
    "device": "a member is a device, pipe or socket",
    "encrypted": "a member is encrypted",
    "overlap": "two members share bytes of the archive",
    "duplicate": "two members have one name",
    "case collision": "two names differ in case only",
    "unicode collision": "two names are one after Unicode normalisation",
    "path collision": "one name is both a file and a folder",
    "header mismatch": "a member's own header and the directory contradict each other",
    "bomb": "it unpacks to far more than it holds, or without end",
    "leading data": "something stands before the archive",
    "trailing data": "something stands behind or between its parts",
    "not an archive": "it is no archive, or not a whole one",
    "unsupported": "a member needs a method or a version that is not read",
    "checksum": "a member's bytes are not those that its checksum promises",
    "too many files": "more than 500 members",
    "too large": "more than 10 MB, 10 MB in one file, or 50 MB unpacked",
    "no package": "nothing in it is a skill, command, agent, hook or server",
    "bad manifest": "a manifest is no JSON, or lacks or mistypes what it needs",
    "json bomb": "a JSON file is nested or long beyond reason",
    "yaml bomb": "a front matter is nested, long, or refers to itself beyond reason",
    "nul": "a text holds a NUL byte",
    "bad encoding": "a text that has to be UTF-8 is not",
}
WARNINGS = {
    "front matter": "the front matter is no YAML, or no mapping, and is read as far as it goes",
    "field": "a field is missing, mistyped, too long or out of its range, and is left out or cut",
    "unknown field": "a key that the format does not know",
    "executable": "a file is marked as executable",
    "hidden file": "a file whose name begins with a dot",
    "nested archive": "an archive inside the package",
    "link": "a link inside the package that is not followed",
    "encoding": "a text is read with replacement characters",
    "name": "a name that breaks the format's rule and is kept",
    "component": "a component that the manifest names is not there, or one that is there can't be read",
}


@dataclass(frozen=True)
class Malformed:
    """One malformed package, always as the bytes of an upload.

    `reason` is a key of REFUSALS where it is refused, of WARNINGS where it is accepted: the fault put in. Some faults
    bring others along (members that overlap also contradict their headers), and naming one of those is as good.
    `entry` is the member that the answer has to name, "" where it need not. "either" is for what intake may settle as
    it likes, as long as it neither crashes nor follows.
    """

    name: str
    kind: Kind
    build: Callable[[], bytes]
    expected: Expected
    reason: str
    entry: str = ""
