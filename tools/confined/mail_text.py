"""The text of a mail (eml): who wrote whom and when, what is written, and the names of what is attached."""

import email
import email.policy
from email.errors import HeaderParseError
from email.message import EmailMessage
from typing import Any

from tools.confined import html
from tools.confined.child import Problem
from tools.confined.encodings import decoded
from tools.confined.office import LONGEST_TITLE

SHOWN = ("From", "To", "Cc", "Date", "Subject")


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text and notes."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise Problem("This is not a mail. Save it again as .eml.")
    shown = {name: _header(message, name) for name in SHOWN}
    head = "\n".join(f"{name}: {value}" for name, value in shown.items() if value)
    body = message.get_body(("plain", "html"))
    text = _text(body) if isinstance(body, EmailMessage) else ""
    names = [str(part.get_filename() or part.get_content_type()) for part in message.iter_attachments()]
    attached = ", ".join(" ".join(name.split())[:100] for name in names[:20])
    notes = [f"Attached files were not read: {attached}. Save them and add them by themselves."] if names else []
    title = " ".join(shown["Subject"].split())[:LONGEST_TITLE]
    return {"title": title, "text": f"{head}\n\n{text}".strip(), "notes": notes}, b""


def _header(message: EmailMessage, name: str) -> str:
    """A line of the head; as it is written where its form is broken, which the parser answers with many exceptions."""
    try:
        return str(message.get(name) or "")
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError, HeaderParseError):
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(str(raw).encode(errors="surrogateescape").decode(errors="replace").split())


def _text(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or ""
    if part.get_content_type() == "text/html":
        return str(html.run({"url": "", "charset": charset}, data)[0]["text"]) if data.strip() else ""
    try:
        return decoded(data, charset).text
    except Problem:
        return decoded(data).text
