"""Reading an answer's body within a size limit, packed and unpacked."""

import zlib
from collections.abc import AsyncIterator

from automatos.outside.errors import TooMuch, Unreachable

GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Unpacker:
    """Undoes a Content-Encoding piece by piece and never makes more than `limit` bytes in all."""

    def __init__(self, encoding: str, limit: int) -> None:
        self.encoding = encoding.strip().lower()
        if self.encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Unreachable(f"The answer is packed as {self.encoding[:40]!r}, which was not asked for.")
        self.limit = limit
        self.body = bytearray()
        self.packed = 0
        self._machine: zlib._Decompress | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece; raises TooMuch or Unreachable."""
        self.packed += len(piece)
        if self.packed > self.limit:
            raise self._too_much()
        if self.encoding in ("", "identity"):
            self.body += piece
            return
        if self._machine is None and piece:
            self._machine = zlib.decompressobj(self._window(piece))
        if self._machine is not None and not self._machine.eof:
            try:
                self.body += self._machine.decompress(piece, self.limit + 1 - len(self.body))
            except zlib.error:
                raise Unreachable("The answer's packing is broken.") from None
        if len(self.body) > self.limit:
            raise self._too_much()

    def finish(self) -> bytes:
        """The whole body."""
        if self._machine is not None and not self._machine.eof:
            raise Unreachable("The answer's packing ends too early.")
        return bytes(self.body)

    def _window(self, piece: bytes) -> int:
        if self.encoding != "deflate":
            return GZIP_WINDOW
        # "deflate" means zlib's wrapping (RFC 9110), but some servers send it bare.
        return zlib.MAX_WBITS if piece[0] & 0x0F == 8 else -zlib.MAX_WBITS

    def _too_much(self) -> TooMuch:
        return TooMuch(f"The answer is larger than {self.limit:,} bytes.")


async def read(pieces: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The unpacked body; at most `limit` bytes, or TooMuch."""
    unpacker = Unpacker(encoding, limit)
    async for piece in pieces:
        unpacker.feed(piece)
    return unpacker.finish()
