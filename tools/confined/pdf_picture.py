"""One page of a PDF as a picture, for text recognition."""

import io
from typing import Any

from tools.confined.child import Problem
from tools.confined.pdf_text import opened

# Dots per inch that recognition wants, and how many dots a side may have.
DENSITY = 200
LONGEST_SIDE = 4_000
POINTS = 72


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: page, from 0. Makes a PNG in grey."""
    page = opened(data)[task["page"]]
    longest = max(page.get_size())
    if longest <= 0:
        raise Problem("The page has no size.")
    scale = min(DENSITY / POINTS, LONGEST_SIDE / longest)
    picture = page.render(scale=scale, grayscale=True).to_pil()
    out = io.BytesIO()
    picture.save(out, "PNG")
    return {"width": picture.width, "height": picture.height}, out.getvalue()
