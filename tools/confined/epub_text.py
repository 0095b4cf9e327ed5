"""The text of an EPUB book as Markdown: its chapters in their order."""

import posixpath
from typing import Any
from urllib.parse import unquote

from tools.confined import html
from tools.confined.child import Problem
from tools.confined.office import LONGEST_TITLE, Lines, Package, attribute, under

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
# What hides fonts, and no text.
FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Gives title, text and notes."""
    package = Package(data)
    container = package.xml(CONTAINER)
    path = (
        next((attribute(node, "full-path") for node in under(container, "rootfile")), "")
        if container is not None
        else ""
    )
    root = package.xml(path)
    if root is None:
        raise Problem("This file holds no book. Save it again as EPUB.")
    encryption = package.xml(ENCRYPTION)
    if encryption is not None and any(
        attribute(node, "Algorithm") not in FONTS for node in under(encryption, "EncryptionMethod")
    ):
        raise Problem("The book is protected against copying, so its text cannot be read.")
    folder = posixpath.dirname(path)
    items = {attribute(node, "id"): attribute(node, "href") for node in under(root, "item")}
    lines = Lines()
    for node in under(root, "itemref"):
        target = posixpath.normpath(posixpath.join(folder, unquote(items.get(attribute(node, "idref"), ""))))
        if chapter := package.parts.get(target):
            lines.add(html.run({"url": "", "charset": ""}, chapter)[0]["text"])
    title = next((node.text or "" for node in under(root, "title")), "")
    return {"title": " ".join(title.split())[:LONGEST_TITLE], "text": lines.text(), "notes": []}, b""
