"""A proxy before PostgreSQL that cuts connections after a COMMIT was done and before its answer arrives."""

import contextlib
import random
import socket
import struct
import tempfile
import threading
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
COMMITTED = b"COMMIT\x00"


class CommitCutter:
    """Listens in a folder of its own, as PostgreSQL does. chance: of each commit to lose its answer."""

    def __init__(self, server: str, seed: int = 1) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="cut-")
        self.server = str(Path(server) / SOCKET)
        self.random = random.Random(seed)
        self.chance = 0.0
        self.cuts = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(Path(self.folder.name) / SOCKET))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder.name}"

    def close(self) -> None:
        self._listener.close()
        self.folder.cleanup()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server)
            for source, target, work in ((client, server, self._forward), (server, client, self._watch)):
                threading.Thread(target=work, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        self._cut(source, target)

    def _watch(self, source: socket.socket, target: socket.socket) -> None:
        """Message by message: a kind, a length, a body."""
        held = b""
        try:
            while data := source.recv(65536):
                held += data
                whole = 0
                while len(held) - whole >= 5:
                    (length,) = struct.unpack("!I", held[whole + 1 : whole + 5])
                    if len(held) - whole < 1 + length:
                        break
                    is_commit = held[whole : whole + 1] == b"C" and held[whole + 5 : whole + 1 + length] == COMMITTED
                    if is_commit and self.random.random() < self.chance:
                        self.cuts += 1
                        target.sendall(held[:whole])
                        self._cut(source, target)
                        return
                    whole += 1 + length
                target.sendall(held[:whole])
                held = held[whole:]
        except OSError:
            pass
        self._cut(source, target)

    def _cut(self, *ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
