"""The text of a file of letters, in whatever encoding it is."""

from typing import Any

from tools.confined.encodings import decoded


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """task: encoding, or empty to find it. Gives text, encoding and notes."""
    read = decoded(data, task["encoding"])
    return {"text": read.text, "encoding": read.encoding, "notes": read.notes()}, b""
