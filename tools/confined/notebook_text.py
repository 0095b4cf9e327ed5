"""The text of a notebook (ipynb) as Markdown: its texts, its code and what that printed."""

import json
from typing import Any

from tools.confined.child import Problem
from tools.confined.encodings import decoded
from tools.confined.office import Lines

LONGEST_OUTPUT = 20_000


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text and notes."""
    try:
        book = json.loads(decoded(data).text)
        cells = book["cells"]
        language = str(book.get("metadata", {}).get("kernelspec", {}).get("language", ""))[:20]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Problem("This is not a notebook of the format 4. Save it again with Jupyter.") from None
    lines, pictures = Lines(), 0
    for cell in cells if isinstance(cells, list) else ():
        source = _joined(cell.get("source"))
        if cell.get("cell_type") == "code":
            lines.add(f"```{language}\n{source}\n```" if source.strip() else "")
            for output in cell.get("outputs") or ():
                found = output.get("data") or {}
                pictures += any(str(kind).startswith("image/") for kind in found)
                text = _joined(output.get("text") or found.get("text/plain"))[:LONGEST_OUTPUT]
                lines.add(f"```\n{text}\n```" if text.strip() else "")
        else:
            lines.add(source)
    notes = [f"{pictures} picture{'s' * (pictures != 1)} that it shows could not be read."] if pictures else []
    return {"title": "", "text": lines.text(), "notes": notes}, b""


def _joined(value: object) -> str:
    """The lines of a cell, which may be one text or a list of them."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")
