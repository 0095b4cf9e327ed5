"""A web server on loopback with pages, and what the workers do with them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from agents.knowledge import ingest as knowledge_ingest
from agents.models import Document
from workspaces.models import Workspace
from workspaces.tests.rest import Company


class Website:
    """A web server on loopback. pages: path to (status, body or where to); asked: the paths that were asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, body = site.pages.get(self.path, (404, "Nothing here"))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", body)
                    body = ""
                kind = "text/plain" if self.path == "/robots.txt" else "text/html; charset=utf-8"
                data = body.encode()
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path: str, text: str, *links: str) -> None:
        """A page with a text and a menu."""
        menu = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
        self.pages[path] = (200, f"<title>Page {path}</title><nav><ul>{menu}</ul></nav><h1>{path}</h1><p>{text}</p>")


def read_all(workspace: Workspace) -> None:
    """What the workers do: each waiting page, and those it leads to."""
    while waiting := list(Document.objects.filter(status="waiting", deleted_at=None).order_by("created_at")):
        for row in waiting:
            knowledge_ingest.run_read(workspace.pk, row.pk)


def post_site(company: Company, url: str, **fields: Any) -> dict[str, Any]:
    """A website added at the API and read whole, as the API shows it. fields: more of the request."""
    status, site = company.editor.post("/api/document-sites", {"url": url, **fields})
    assert status == 201, site
    read_all(company.workspace)
    return dict(company.viewer.get(f"/api/document-sites/{site['id']}")[1])
