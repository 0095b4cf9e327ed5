"""Version numbers: read leniently as semver 2.0, kept in its form, and ordered by a text that sorts as semver does."""

import re

from automatos.errors import wrong_field

SEMVER = re.compile(
    r"(?P<major>\d{1,12})\.(?P<minor>\d{1,12})\.(?P<patch>\d{1,12})"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
SHORT = re.compile(r"(\d{1,12})(?:\.(\d{1,12}))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
LONGEST = 100
# Lower than every character an identifier may hold, and higher than every one.
END, RELEASE = "!", "~"
FIRST = "0.1.0"


def normalised(text: str) -> str:
    """The version in semver's form: `v1.2` becomes `1.2.0`. Raises InvalidInput naming `version` for anything else."""
    bare = text.strip()
    bare = bare[1:] if re.match(r"[vV]\d", bare) else bare
    if short := SHORT.fullmatch(bare):
        bare = f"{short[1]}.{short[2] or 0}.0{short[3] or ''}{short[4] or ''}"
    found = SEMVER.fullmatch(bare)
    if found is None or len(bare) > LONGEST:
        raise wrong_field("version", f"The version {text[:60]!r} is no semantic version. Write one such as 1.2.0.")
    numbers = ".".join(str(int(found[name])) for name in ("major", "minor", "patch"))
    return numbers + (f"-{found['pre']}" if found["pre"] else "") + (f"+{found['build']}" if found["build"] else "")


def sort_key(version: str) -> str:
    """A text that orders normalised versions as semver 2.0 does, compared byte by byte."""
    found = SEMVER.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not a normalised version")
    numbers = ".".join(f"{int(found[name]):012d}" for name in ("major", "minor", "patch"))
    if not found["pre"]:
        return numbers + RELEASE
    return numbers + "-" + "".join(_identifier(part) + END for part in found["pre"].split("."))


def following(version: str) -> str:
    """The next patch after this one; of a pre-release, its release."""
    found = SEMVER.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not a normalised version")
    patch = int(found["patch"]) + (0 if found["pre"] else 1)
    return f"{int(found['major'])}.{int(found['minor'])}.{patch}"


def _identifier(part: str) -> str:
    """Numbers before words; numbers by size, words by their letters."""
    return f"0{len(part.lstrip('0')):03d}{part.lstrip('0')}" if part.isdigit() else f"1{part}"
