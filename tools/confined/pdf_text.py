"""The text of a PDF, page by page."""

import io
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from tools.confined.child import Problem

MOST_PAGES = 500
LONGEST = 2_000_000


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, pages (how many) and text: each page begins with its number; empty where no page has any."""
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Problem("The PDF is protected with a password.")
        count = len(reader.pages)
        parts: list[str] = []
        has_text = False
        for number in range(min(count, MOST_PAGES)):
            page = reader.pages[number].extract_text().strip()
            has_text = has_text or bool(page)
            parts.append(f"[Page {number + 1} of {count}]\n{page}")
            if sum(map(len, parts)) > LONGEST:
                break
        title = str((reader.metadata and reader.metadata.title) or "")
    except PyPdfError:
        raise Problem("This is not a PDF that can be read.") from None
    return {"title": title[:300], "pages": count, "text": "\n\n".join(parts) if has_text else ""}, b""
