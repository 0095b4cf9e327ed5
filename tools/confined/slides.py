"""The text of a presentation (pptx) as Markdown: slides in their order, tables, charts, diagrams, notes, comments."""

from typing import Any

from tools.confined.office import Element, Lines, Package, below, drawn_text, local, related_id, table_text, under

TITLES = ("title", "ctrTitle")
# Numbers, dates and footers that stand on every slide.
FURNITURE = ("sldNum", "dt", "ftr", "hdr", "sldImg")


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text and notes."""
    package = Package(data)
    path = package.main()
    root, related = package.xml(path), package.related(path)
    lines = Lines()
    shown = [related.get(related_id(node)) for node in under(root, "sldId")] if root is not None else []
    for number, each in enumerate(shown, 1):
        if each:
            _slide(package, each.target, number, lines)
    return {"title": package.title(), "text": lines.text(), "notes": []}, b""


def _slide(package: Package, path: str, number: int, lines: Lines) -> None:
    root = package.xml(path)
    if root is None:
        return
    related = package.related(path)
    title, blocks = "", []
    for shape in root.iter():
        name = local(shape)
        if name == "sp":
            kind = next((str(node.get("type") or "") for node in under(shape, "ph")), "")
            text = _words(shape) if kind not in FURNITURE else ""
            if kind in TITLES and not title:
                title = " ".join(text.split())
            else:
                blocks.append(text)
        elif name == "tbl":
            blocks.append(
                table_text([[_words(cell) for cell in row if local(cell) == "tc"] for row in under(shape, "tr")])
            )
        elif name in ("relIds", "chart"):
            other = related.get(related_id(shape, "dm" if name == "relIds" else "id"))
            blocks.append("\n".join(drawn_text(package, other.target)) if other else "")
    lines.add(f"# Slide {number}: {title}" if title else f"# Slide {number}")
    for block in blocks:
        lines.add(block)
    for each in related.values():
        other_root = package.xml(each.target) if each.kind in ("notesSlide", "comments") else None
        if other_root is not None:
            _beside(each.kind, other_root, lines)


def _beside(kind: str, root: Element, lines: Lines) -> None:
    if kind == "comments":
        for text in under(root, "text"):
            lines.add(f"[Comment: {text.text.strip()}]" if text.text else "")
        return
    for shape in under(root, "sp"):
        place = next((str(node.get("type") or "") for node in under(shape, "ph")), "")
        words = _words(shape) if place not in FURNITURE else ""
        lines.add(f"Notes: {words}" if words.strip() else "")


def _words(shape: Element) -> str:
    """The paragraphs of a shape or cell, a line each."""
    body = below(shape, "txBody")
    found = []
    for paragraph in under(body, "p") if body is not None else ():
        parts = [
            "\n" if local(node) == "br" else node.text or "" for node in paragraph.iter() if local(node) in ("t", "br")
        ]
        found.append("".join(parts).strip())
    return "\n".join(text for text in found if text)
