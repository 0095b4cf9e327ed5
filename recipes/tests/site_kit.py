"""A web site on this machine that tools of a worker reach: what it shows, what reached it, answers kept back."""

from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from automatos.testing import Stack
from recipes.tests.kit import wait_for


class Site:
    """pages: their texts by path; any other says nothing. seen: each request: method, path, headers and body."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.seen: list[str] = []
        self.held: dict[str, Event] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def was_sent(self, text: str) -> bool:
        """Whether it is in anything that reached the site."""
        return any(text in request for request in self.seen)

    def count(self, line: str) -> int:
        """How many requests began with this method and path."""
        return sum(request.startswith(f"{line}\n") for request in self.seen)

    def hold(self, path: str) -> Event:
        """Keep back the next answer to this path until the event is set."""
        return self.held.setdefault(path, Event())

    def wait_for(self, line: str) -> None:
        """Return once a request that begins with this method and path is there."""
        wait_for(lambda: self.count(line), 60, f"{line} did not reach the site")


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            site.seen.append(f"{self.command} {self.path}\n{self.headers}\n{body}")
            if held := site.held.pop(self.path, None):
                held.wait(60)
            shown = site.pages.get(self.path, "Nothing here.")
            lines = "".join(f"<p>{line}</p>" for line in shown.splitlines())
            page = f"<html><body>{lines}</body></html>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            with suppress(ConnectionError):  # whoever asked may have died meanwhile
                self.wfile.write(page)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Tests need no log."""

    return Page


def reachable_site(stack: Stack) -> Iterator[Site]:
    """The site, and a worker that may reach this machine while it is there."""
    site = Site()
    with stack.restarted(stack.worker, OUTSIDE_PRIVATE_HOSTS="127.0.0.1"):
        yield site
    site.server.shutdown()
    site.server.server_close()
