"""The text of a Word document as Markdown: everything a reader of it can see, in its order.

Content controls, tracked insertions, text boxes, tables in tables, headers and footers, notes, comments, charts and
diagrams are read; what was deleted, moved away or hidden is not. What cannot be read is named in the notes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.confined.office import (
    Element,
    Lines,
    Package,
    attribute,
    below,
    drawn_text,
    local,
    related_id,
    table_text,
    under,
)

HEADING = re.compile(r"heading ([1-6])$")
# Deleted, moved away, instructions of fields, the reading above Asian characters, and properties hold no text to read.
PASSED = {"del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "rPr", "pPr", "tblPr", "sdtPr", "sectPr"}
BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
MARKS = {"on", "1", "true", ""}
LEFT_OUT = {
    "hidden": "Hidden text was left out.",
    "embedded": "What is embedded as a file of its own was left out.",
}


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text and notes: sentences about what was left out."""
    package = Package(data)
    document = _Document(package, package.main())
    text = document.text()
    notes = [sentence for kind, sentence in LEFT_OUT.items() if document.left_out[kind]]
    return {"title": package.title(), "text": text, "notes": notes}, b""


@dataclass(slots=True)
class _Style:
    """What a style makes of a paragraph. level: of a heading, 1 to 6, or 0."""

    level: int = 0
    is_list: bool = False


@dataclass
class _Aside:
    """What stands beside the text of a paragraph, to be put behind it: text boxes, notes, comments, drawings."""

    boxes: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)


class _Document:
    """One document while it is read."""

    def __init__(self, package: Package, path: str) -> None:
        self.package, self.path = package, path
        self.related = package.related(path)
        self.lines = Lines()
        self.left_out: Counter[str] = Counter()
        self.styles = self._styles()
        self.asides = {kind: self._parts_of(kind) for kind in ("footnotes", "endnotes", "comments")}

    def text(self) -> str:
        """All of it: headers, body, footers, then the notes that nothing pointed at."""
        root = self.package.xml(self.path)
        self._around("header")
        self._blocks(root if root is not None else ())
        self._around("footer")
        for kind, parts in self.asides.items():
            for number in list(parts):
                self._note(kind, number)
        return self.lines.text()

    def _around(self, kind: str) -> None:
        """Headers or footers, each text once."""
        found = []
        for each in self.related.values():
            root = self.package.xml(each.target) if each.kind == kind else None
            if root is not None:
                found.append(self._inline_blocks(root, self.package.related(each.target)))
        for text in dict.fromkeys(found):
            self.lines.add(f"{kind.capitalize()}: {text}" if text else "")

    def _parts_of(self, kind: str) -> dict[str, Element]:
        """Notes or comments by their ids."""
        root = next((self.package.xml(each.target) for each in self.related.values() if each.kind == kind), None)
        found = root if root is not None else ()
        return {attribute(each, "id"): each for each in found if not attribute(each, "type").endswith("eparator")}

    def _styles(self) -> dict[str, _Style]:
        """Paragraph styles by id. Names of built-in ones are English in every language; others say what they follow."""
        root = next((self.package.xml(each.target) for each in self.related.values() if each.kind == "styles"), None)
        nodes = {attribute(node, "styleId"): node for node in under(root, "style")} if root is not None else {}
        return {key: _style(key, nodes) for key in nodes}

    def _blocks(self, nodes: Any) -> None:
        for node in nodes:
            name = local(node)
            if name == "p":
                self._paragraph(node)
            elif name == "tbl":
                aside = _Aside()
                self.lines.add(self._table(node, aside))
                self._beside(aside)
            elif name == "AlternateContent":
                self._blocks(_chosen(node))
            elif name == "altChunk":
                self.left_out["embedded"] += 1
            elif name not in PASSED:
                self._blocks(node)

    def _paragraph(self, node: Element) -> None:
        aside = _Aside()
        text = self._inline(node, aside).strip()
        if text:
            style = self.styles.get(attribute(below(node, "pPr", "pStyle"), "val"), _Style())
            level = _outline(below(node, "pPr", "outlineLvl")) or style.level
            if level:
                text = f"{'#' * level} {' '.join(text.split())}"
            elif style.is_list or below(node, "pPr", "numPr") is not None:
                text = f"- {text}"
        self.lines.add(text)
        self._beside(aside)

    def _beside(self, aside: _Aside) -> None:
        for text in aside.drawings:
            self.lines.add(text)
        for box in aside.boxes:
            self._blocks(box)
        for kind, number in aside.notes:
            self._note(kind, number)

    def _note(self, kind: str, number: str) -> None:
        """A note or comment, once."""
        node = self.asides[kind].pop(number, None)
        if node is None:
            return
        text = self._inline_blocks(node)
        if kind == "comments":
            author = attribute(node, "author")
            self.lines.add(f"[Comment{f' by {author}' if author else ''}: {text}]" if text else "")
        else:
            self.lines.add(f"[^{_mark(kind, number)}]: {text}" if text else "")

    def _inline_blocks(self, node: Element, related: Any = None) -> str:
        """Everything below a node in one line, with what stands beside its paragraphs."""
        aside, own = _Aside(), self.related
        self.related = own if related is None else related
        parts = []
        for each in _paragraphs(node):
            parts.append(self._inline(each, aside))
        while aside.boxes:
            parts += [self._inline(each, aside) for each in _paragraphs(aside.boxes.pop(0))]
        self.related = own
        return " ".join(" ".join([*parts, *aside.drawings]).split())

    def _table(self, node: Element, aside: _Aside) -> str:
        rows = []
        for row in _nearest(node, "tr"):
            if below(row, "trPr", "del") is None:
                cells = _nearest(row, "tc")
                rows.append([" ".join(self._inline(each, aside) for each in _paragraphs(cell)) for cell in cells])
        return table_text(rows)

    def _inline(self, node: Element, aside: _Aside) -> str:
        """The text of a paragraph or of what is in it."""
        parts = []
        for child in node:
            name = local(child)
            if name == "t":
                parts.append(child.text or "")
            elif name in BREAKS:
                parts.append(BREAKS[name])
            elif name in NOTES:
                number = attribute(child, "id")
                aside.notes.append((NOTES[name], number))
                parts.append(f"[^{_mark(NOTES[name], number)}]")
            elif name == "commentReference":
                aside.notes.append(("comments", attribute(child, "id")))
            elif name == "txbxContent":
                aside.boxes.append(child)
            elif name == "AlternateContent":
                parts.append(self._inline(_chosen(child), aside))
            elif name == "r" and _is_hidden(child):
                self.left_out["hidden"] += any(True for _ in under(child, "t"))
            elif name not in PASSED:
                parts.append(self._beside_of(child, name, aside) + self._inline(child, aside))
        return "".join(parts)

    def _beside_of(self, node: Element, name: str, aside: _Aside) -> str:
        """What an element of its own kind stands for: the words of a picture; those of a drawing go beside."""
        if name == "docPr":
            words = attribute(node, "descr")
            return f"[image: {' '.join(words.split())}]" if words.strip() else ""
        if name in ("relIds", "chart"):
            other = self.related.get(related_id(node, "dm" if name == "relIds" else "id"))
            if other:
                aside.drawings.append("; ".join(drawn_text(self.package, other.target)))
        if name == "OLEObject":
            self.left_out["embedded"] += 1
        return ""


def _style(key: str, nodes: dict[str, Element]) -> _Style:
    """What a style or one that it follows says."""
    found, seen = _Style(), set()
    while key in nodes and key not in seen:
        seen.add(key)
        node = nodes[key]
        name = attribute(below(node, "name"), "val").lower()
        heading = HEADING.match(name)
        level = 1 if name == "title" else int(heading[1]) if heading else 0
        found.level = found.level or level or _outline(below(node, "pPr", "outlineLvl"))
        found.is_list = found.is_list or name.startswith("list") or below(node, "pPr", "numPr") is not None
        key = attribute(below(node, "basedOn"), "val")
    return found


def _outline(node: Element | None) -> int:
    """The level that an outline gives, 1 to 6, or 0: nine is the body's text."""
    value = attribute(node, "val")
    return int(value) + 1 if value.isascii() and value.isdigit() and int(value) < 6 else 0


def _chosen(node: Element) -> Any:
    """The first of the alternatives that hold the same content for newer and older programs."""
    first = next((child for child in node if local(child) in ("Choice", "Fallback")), None)
    return first if first is not None else ()


def _is_hidden(node: Element) -> bool:
    mark = below(node, "rPr", "vanish")
    return mark is not None and attribute(mark, "val").lower() in MARKS


def _paragraphs(node: Element) -> Iterator[Element]:
    """Paragraphs below a node, not those inside of text boxes, which their paragraph hands over itself."""
    for child in node:
        name = local(child)
        if name == "p":
            yield child
        elif name == "AlternateContent":
            chosen = _chosen(child)
            yield from _paragraphs(chosen)
        elif name not in PASSED and name != "txbxContent":
            yield from _paragraphs(child)


def _nearest(node: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also inside of content controls, but none of a table within."""
    for child in node:
        if local(child) == name:
            yield child
        elif local(child) not in ("tbl", "p", "tc") and local(child) not in PASSED:
            yield from _nearest(child, name)


def _mark(kind: str, number: str) -> str:
    return f"e{number}" if kind == "endnotes" else number
