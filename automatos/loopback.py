"""An HTTP server on this machine for stand-ins and tests, which is gone once it is closed."""

import socket
from http.server import ThreadingHTTPServer
from typing import Any

__all__ = ["LoopbackServer"]


class LoopbackServer(ThreadingHTTPServer):
    """Ends its connections when it closes.

    A caller keeps a connection for its next request. The standard library's server goes on answering there after it
    was closed, beside the next server at the same port.
    """

    daemon_threads = True
    request_queue_size = 300

    def __init__(self, *args: Any, **named: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*args, **named)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on this connection, in a thread of its own."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End this connection."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a caller that left before the answer is no news."""

    def server_close(self) -> None:
        """Stop listening, and end what is still open."""
        super().server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
