"""Packages to measure the scanner with: hostile ones beside their clean twins, honest ones, and malformed ones.

`development/` is there to write rules by. `held_out/` is only measured with: who writes rules must not read it.
`fresh/` holds hostile packages and their twins, written in one go before the rules that find them: what was found at
that time says how rules do on packages that nobody has seen. One text file is one package (see `text.py` for its form).
Nothing in these files is ever run, and each unknown host in them is made up.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from marketplace.tests.corpus import text
from marketplace.tests.corpus.malformed import Malformed, malformed

__all__ = ["CARRIERS", "CLASSES", "LAYOUTS", "Half", "Malformed", "Specimen", "malformed", "packages"]

Half = Literal["development", "held_out", "fresh"]
Label = Literal["hostile", "benign"]
Theme = Literal["ordinary", "security"]

HERE = Path(__file__).parent
CLASSES = {
    "A": "fetch and run",
    "B": "theft",
    "C": "hijack",
    "D": "hide or bypass",
    "E": "orders to the reviewer",
    "F": "hidden text",
    "G": "packed code",
    "H": "persistence or memory",
    "I": "auto-run misuse",
    "J": "damage",
    "K": "remote control",
    "L": "supply chain",
    "M": "dual-use order",
}
CARRIERS = ("prose", "script", "hook", "reference", "metadata")
LAYOUTS = ("manifest", "plugin", "bare", "skill", "marketplace")


@dataclass(frozen=True)
class Specimen:
    """One package.

    `klass` is the threat class of a hostile package, and of a benign one the class whose rules it tempts; `carrier` is
    where that stands; `files` maps paths below the package's root to bytes; `twin` holds the same package without its
    hostile part (None for a benign one).
    """

    id: str
    label: Label
    klass: str
    carrier: str
    theme: Theme
    layout: str
    disguise: str
    about: str
    files: dict[str, bytes]
    twin: dict[str, bytes] | None


@cache
def packages(half: Half) -> list[Specimen]:
    """Give every package of one half, ordered by id. Raises ValueError naming the file that is not in form."""
    return [specimen(path) for path in sorted((HERE / half).glob("*.txt"))]


def specimen(path: Path) -> Specimen:
    """Read one package's file. Raises ValueError naming the file and what is wrong."""
    try:
        head, parts = text.parse(path.read_text(encoding="utf-8"))
        hostile = head["label"] == "hostile"
        if not hostile and (head["label"] != "benign" or text.marked(parts)):
            raise ValueError("label is neither hostile nor benign, or a benign package has a hostile part")
        return Specimen(
            id=head["id"],
            label="hostile" if hostile else "benign",
            klass=head["class"],
            carrier=head["carrier"],
            theme="security" if head["theme"] == "security" else "ordinary",
            layout=head["layout"],
            disguise=head.get("disguise", "none"),
            about=head["about"],
            files=text.files(parts, "hostile"),
            twin=text.files(parts, "clean") if hostile else None,
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error
