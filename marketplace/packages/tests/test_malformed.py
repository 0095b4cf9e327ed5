"""The corpus of malformed packages through intake: each is refused or read as it says; none breaks it or is obeyed."""

import sys
import time
from collections.abc import Iterator

import pytest

from marketplace.packages import intake
from marketplace.packages.archive import open_archive
from marketplace.packages.package import PackageRefused, PackageWarning, Refusal
from marketplace.packages.reading import Reading, read_packages
from marketplace.tests.corpus import Malformed, malformed

# Faults that stand beside the one that was put in and are told first, or that are told without a warning.
OTHERWISE = {
    "description of a megabyte": "refused",  # no manifest needs a megabyte
    "allowed tools are numbers": "accepted",  # a number is a text in front matter as it is read here
}

WRITING = {"w", "a", "x", "+"}
touched: list[str] = []
watching = False


def watch(event: str, args: tuple[object, ...]) -> None:
    """Told by Python of all that happens: remembers files that are written or made and programs that are started."""
    wrote = event == "open" and WRITING & set(str(args[1] or ""))
    if watching and (wrote or event in ("os.mkdir", "os.symlink", "os.link", "subprocess.Popen", "socket.connect")):
        touched.append(f"{event}: {args[0]}")


sys.addaudithook(watch)


@pytest.fixture
def watched() -> Iterator[list[str]]:
    """What is touched meanwhile."""
    global watching  # noqa: PLW0603 (an audit hook stays for ever, so it is switched)
    touched.clear()
    watching = True
    yield touched
    watching = False


def outcome(one: Malformed) -> tuple[str, str]:
    """What becomes of it, and what is said."""
    try:
        reading = read_packages(open_archive(one.build()))
    except PackageRefused as error:
        reading = Reading(refusals=(error.refusal,))
    said: list[Refusal | PackageWarning] = [
        *reading.refusals,
        *reading.warnings,
        *(each for package in reading.packages for each in package.warnings),
    ]
    texts = " ".join(f"{each.entry} {each.sentence}" for each in said)
    if not reading.packages:
        return "refused", texts
    return ("accepted with warning" if said else "accepted"), texts


@pytest.mark.parametrize("one", malformed(), ids=lambda one: one.name)
def test_each_malformed_package_is_settled_within_a_second(one: Malformed, watched: list[str]) -> None:
    one.build()
    started = time.monotonic()
    settled, said = outcome(one)
    assert time.monotonic() - started < 2
    expected = OTHERWISE.get(one.name, one.expected)
    assert settled == expected or expected == "either", said
    said.encode()
    assert "\x00" not in said
    assert watched == []


def test_the_process_apart_says_the_same() -> None:
    chosen = [one for one in malformed() if one.expected == "refused"][::12]
    for one in chosen:
        with pytest.raises(PackageRefused) as caught:
            intake.take_upload(one.build(), "package.zip")
        assert caught.value.refusal.sentence in outcome(one)[1]
    assert len(chosen) > 5
