"""Office documents as they are packed: parts of XML in a ZIP file, joined by relationships. Nothing is trusted.

Names of elements are compared without their namespaces: Word, LibreOffice and the strict form of the standard name the
same things in different ones.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from automatos.zip_directory import ArchiveRefused
from automatos.zip_files import ZipLimits, read_zip
from tools.confined.child import Problem

LIMITS = ZipLimits(packed=50_000_000, files=5_000, file=60_000_000, unpacked=150_000_000, ratio=300)
LONGEST = 2_000_000
LONGEST_TITLE = 300
READABLE = (".xml", ".rels", ".vml", ".html", ".xhtml", ".htm", ".opf", ".ncx", "mimetype")
Element = etree._Element


@dataclass(frozen=True, slots=True)
class Related:
    """What a part points at. kind: the last word of the relationship's type; target: the path of the other part."""

    kind: str
    target: str


class Package:
    """The parts of a document by their paths. Raises Problem for what is no such archive, or bursts its limits."""

    def __init__(self, data: bytes, wanted: Callable[[str], bool] | None = None) -> None:
        try:
            self.parts: Mapping[str, bytes] = read_zip(
                data, limits=LIMITS, wanted=wanted or (lambda path: path.lower().endswith(READABLE))
            )
        except ArchiveRefused as refused:
            raise Problem(refused.message) from None

    def xml(self, path: str) -> Element | None:
        """A part as a tree; None where it is missing. Entities are not followed, and depth and size are bounded."""
        data = self.parts.get(path)
        if data is None:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError:
            raise Problem(f"Its part {path[:100]} is damaged or nested too deeply. Save the document again.") from None

    def related(self, path: str) -> dict[str, Related]:
        """What a part points at inside of the package, by id; "" is the package itself."""
        folder, name = posixpath.split(path)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for each in root if root is not None else ():
            target = each.get("Target") or ""
            if each.get("TargetMode") != "External" and target:
                full = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
                found[each.get("Id") or ""] = Related((each.get("Type") or "").rpartition("/")[2], full.lstrip("/"))
        return found

    def main(self) -> str:
        """The path of the part that the others hang on."""
        for each in self.related("").values():
            if each.kind == "officeDocument":
                return each.target
        raise Problem("This file holds no Office document. Save it again.")

    def title(self) -> str:
        """What the document calls itself, or empty."""
        root = self.xml("docProps/core.xml")
        found = next((node for node in root.iter() if local(node) == "title"), None) if root is not None else None
        return " ".join((found.text or "").split())[:LONGEST_TITLE] if found is not None else ""


class Lines:
    """Blocks of text, counted: what is longer than the limit is a problem, not cut."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.size = 0

    def add(self, block: str) -> None:
        """One more block, unless it is empty."""
        if not block.strip():
            return
        self.blocks.append(block)
        self.size += len(block) + 2
        if self.size > LONGEST:
            raise Problem(f"The document has more than {LONGEST:,} characters. Split it into several.")

    def text(self) -> str:
        """All of it, blank lines between the blocks."""
        return "\n\n".join(self.blocks)


def local(node: Element) -> str:
    """An element's name without its namespace; empty for what is no element."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def attribute(node: Element | None, name: str) -> str:
    """An attribute by its name without its namespace; empty where it is missing."""
    if node is None:
        return ""
    return next((str(value) for key, value in node.attrib.items() if str(key).rpartition("}")[2] == name), "")


def related_id(node: Element, name: str = "id") -> str:
    """An attribute that names a relationship: it stands in a namespace, unlike an element's own id."""
    found = (
        str(value) for key, value in node.attrib.items() if str(key).startswith("{") and str(key).endswith(f"}}{name}")
    )
    return next(found, "")


def below(node: Element | None, *path: str) -> Element | None:
    """The first element at this path of names."""
    for name in path:
        node = next((child for child in node if local(child) == name), None) if node is not None else None
    return node


def under(node: Element, name: str) -> Iterator[Element]:
    """Every element of this name, however deep."""
    return (each for each in node.iter() if local(each) == name)


def drawn_text(package: Package, path: str) -> list[str]:
    """The words of a chart or a diagram (SmartArt): titles, names, values, each once."""
    root = package.xml(path)
    if root is None:
        return []
    texts = ["".join(node.text or "" for node in under(each, "t")) for each in under(root, "p")]
    texts += [node.text or "" for point in under(root, "pt") for node in point if local(node) == "v"]
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))


def table_text(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first as its head; empty without words."""
    rows = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * max(map(len, rows)))
    return "\n".join(lines)
