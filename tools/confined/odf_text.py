"""The text of a LibreOffice document or presentation (odt, odp) as Markdown."""

from typing import Any

from tools.confined.office import (
    LONGEST_TITLE,
    Element,
    Lines,
    Package,
    attribute,
    below,
    local,
    table_text,
    under,
)

# Deleted text of tracked changes, the reading above Asian characters, and what describes instead of being text.
PASSED = ("tracked-changes", "ruby-text", "forms", "sequence-decls", "variable-decls", "user-field-decls", "settings")
MOST_LEVELS = 6


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text and notes."""
    package = Package(data)
    root = package.xml("content.xml")
    lines = Lines()
    styles = package.xml("styles.xml")
    _around(styles, "header", lines)
    body = below(root, "body")
    if body is not None:
        _blocks(body, lines)
    _around(styles, "footer", lines)
    meta = package.xml("meta.xml")
    title = next((node.text or "" for node in under(meta, "title")), "") if meta is not None else ""
    return {"title": " ".join(title.split())[:LONGEST_TITLE], "text": lines.text(), "notes": []}, b""


def _around(styles: Element | None, kind: str, lines: Lines) -> None:
    found = [" ".join(_inline(node, []).split()) for node in under(styles, kind)] if styles is not None else []
    for text in dict.fromkeys(found):
        lines.add(f"{kind.capitalize()}: {text}" if text else "")


def _blocks(node: Element, lines: Lines, bullet: str = "") -> None:
    for child in node:
        name = local(child)
        if name in ("p", "h"):
            beside: list[str] = []
            text = _inline(child, beside).strip()
            if name == "h" and text:
                level = attribute(child, "outline-level")[:3]
                depth = min(int(level), MOST_LEVELS) if level.isascii() and level.isdigit() and int(level) else 1
                text = f"{'#' * depth} {' '.join(text.split())}"
            lines.add(f"{bullet}{text}" if text else "")
            for each in beside:
                lines.add(each)
        elif name == "table":
            rows = [
                [_inline(cell, []) for cell in row if local(cell) == "table-cell"] for row in under(child, "table-row")
            ]
            lines.add(table_text(rows))
        elif name == "list":
            _blocks(child, lines, "- ")
        elif name == "page":
            lines.add(f"# {attribute(child, 'name')}")
            _blocks(child, lines)
        elif name not in PASSED:
            _blocks(child, lines, bullet)


def _inline(node: Element, beside: list[str]) -> str:
    """The text of a node; notes, comments and text boxes go beside."""
    parts = [node.text or ""]
    for child in node:
        name = local(child)
        if name == "s":
            count = attribute(child, "c")[:3]
            parts.append(" " * (min(int(count), 100) if count.isascii() and count.isdigit() else 1))
        elif name in ("tab", "line-break"):
            parts.append("\t" if name == "tab" else "\n")
        elif name == "note":
            citation, body = below(child, "note-citation"), below(child, "note-body")
            mark = (citation.text or "*") if citation is not None else "*"
            parts.append(f"[^{mark}]")
            beside.append(f"[^{mark}]: {' '.join(_inline(body, beside).split())}" if body is not None else "")
        elif name == "annotation":
            beside.append(f"[Comment: {' '.join(_inline(child, beside).split())}]")
        elif name == "text-box":
            beside.append(" ".join(_inline(child, beside).split()))
        elif name and name not in PASSED:
            parts.append(_inline(child, beside) + (" " if name in ("p", "h", "list-item") else ""))
        parts.append(child.tail or "")
    return "".join(parts)
