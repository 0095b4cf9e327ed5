"""An archive whose only member is the archive itself, so that unpacking never ends.

The idea is Russ Cox's ("Zip Files All The Way Down"): deflate as a language of two commands, "write the next n bytes"
and "repeat the last n bytes", in which a program can write itself. The checksum stands in the file four times and
covers itself; it is found by solving the equations over single bits.
"""

import struct
import zlib

NAME = b"again.zip"
HEAD, TAIL = 61, 253  # lengths for which "repeat" fits into five bytes
LOCAL_CRC, CENTRAL_CRC = 14, 16


def bits(value: int, width: int, *, huffman: bool = False) -> list[int]:
    """Give a number's bits as deflate writes them: the lowest first, Huffman codes the highest first."""
    row = [value >> place & 1 for place in range(width)]
    return row[::-1] if huffman else row


def write(count: int) -> bytes:
    """The command "write the next bytes": the head of a stored block."""
    return struct.pack("<BHH", 0, count, count ^ 0xFFFF)


def repeat(count: int) -> bytes:
    """The command "repeat the last bytes" in five bytes: a fixed-Huffman block, filled up with an empty one."""
    empty = bits(0, 1) + bits(1, 2) + bits(0, 7)
    twice = bits(264 - 256, 7, huffman=True) + bits(8, 5, huffman=True) + bits(20 - 17, 3)
    body = {
        20: twice * 2,  # two matches of ten bytes, twenty bytes back
        HEAD + 5: bits(276 - 256, 7, huffman=True) + bits(7, 3) + bits(12, 5, huffman=True) + bits(HEAD + 5 - 65, 5),
        TAIL + 5: bits(0xC5, 8, huffman=True) + bits(16, 5, huffman=True) + bits(TAIL + 5 - 257, 7),
    }[count]
    row = bits(0, 1) + bits(1, 2) + body + bits(0, 7)
    row += empty if len(row) == 30 else []
    return bytes(sum(row[at + place] << place for place in range(8)) for at in range(0, 40, 8))


def layout(crc: int, filler: int) -> bytes:
    """Give the whole archive for a guessed checksum."""
    program_size = len(program(b"\0" * HEAD, b"\0" * TAIL)) + 5
    size = HEAD + program_size + TAIL - 5
    fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x5C21, crc, program_size, size)
    extra = struct.pack("<HH", 0xCAFE, HEAD - 30 - len(NAME) - 4).ljust(HEAD - 30 - len(NAME), bytes([filler]))
    head = b"PK\x03\x04" + fields + struct.pack("<HH", len(NAME), len(extra)) + NAME + extra
    central = b"PK\x01\x02\x14\x03" + fields + struct.pack("<HHHHHII", len(NAME), 0, 0, 0, 0, 0o100644 << 16, 0) + NAME
    comment = b"again " * 40
    comment = comment[: TAIL - 5 - len(central) - 22]
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), HEAD + program_size, len(comment))
    tail = b"\x01\x00\x00\xff\xff" + central + end + comment
    return head + program(head, tail) + tail


def program(head: bytes, tail: bytes) -> bytes:
    """Give the deflate commands that write head, themselves and tail."""
    again, four = repeat(HEAD + 5), repeat(20)
    code = write(HEAD + 5) + head + write(HEAD + 5) + again
    code += write(5) + again + write(5) + write(5)
    code += write(20) + again + write(5) + write(5) + write(20) + four
    code += write(20) + four + write(20) + four + write(20) + four
    last = write(TAIL + 5)
    code += write(20) + four + write(0) + write(0) + last
    code += four + write(0) + write(0) + last
    return code + repeat(TAIL + 5) + tail + repeat(TAIL + 5)


def quine() -> bytes:
    """Give the archive. Unpacking its only member gives the same bytes again."""
    for filler in range(1, 256):
        checksum = fixed_point(filler)
        if checksum is not None:
            return layout(checksum, filler)
    raise AssertionError("no checksum fits")


def fixed_point(filler: int) -> int | None:
    """Find the checksum that a file has which holds it, by elimination over 32 bits."""
    constant = zlib.crc32(layout(0, filler))
    rows = []
    columns = [zlib.crc32(layout(1 << bit, filler)) ^ constant ^ (1 << bit) for bit in range(32)]
    for bit in range(32):
        row = sum((columns[column] >> bit & 1) << column for column in range(32))
        rows.append(row | (constant >> bit & 1) << 32)
    for column in range(32):
        pivot = next((at for at in range(column, 32) if rows[at] >> column & 1), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows = [row ^ rows[column] if at != column and row >> column & 1 else row for at, row in enumerate(rows)]
    return sum((row >> 32 & 1) << column for column, row in enumerate(rows))
