"""Bodies of requests that somebody made to break the reader."""

import json
from collections.abc import Iterator
from typing import Any

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "hostile"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

# Whatever is expected, this is not it. As JSON text, since no Python value writes some of them.
VALUES = {
    "deep": "[" * 50 + "]" * 50,
    "many digits": "9" * 400,
    "huge float": "1e999",
    "negative": "-9223372036854775809",
    "NUL": '"a\\u0000b"',
    "half a character": '"a\\ud800b"',
    "long": json.dumps("x" * 300_000),
    "right to left": '"\\u202e\\u0000gnp.exe"',
    "words": '["a", 1, null, {"b": [true]}]',
    "object": '{"": {"": null}, "__proto__": 1, "a.b": "$ne"}',
    "null": "null",
    "true": "true",
}
WHOLE = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "closed deep lists": b"[" * 50_000 + b"]" * 50_000,
    "digits": b"9" * 5_000,
    "digits in a field": b'{"name": ' + b"9" * 5_000 + b"}",
    "NaN": b'{"name": NaN}',
    "raw NUL": b'{"name": "a\x00b"}',
    "bad UTF-8": b'{"name": "\xff\xfe\xc0\x80"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "many fields": json.dumps({f"field{number}": number for number in range(5_000)}).encode(),
    "a list": b'[{"name": "a"}]',
    "a text": b'"name"',
    "nothing": b"",
    "null": b"null",
    "half": b'{"name": "a',
}
FORMS = {
    "many fields": b"&".join(b"f%d=1" % number for number in range(5_000)),
    "NUL and bad UTF-8": b"name=%00%ff%fe&title=%ed%a0%80&%00=%00",
    "not a form": b"%%%=%zz&&&===;;\x00\xff",
}


def part(disposition: bytes, data: bytes) -> bytes:
    """One part of a multipart body."""
    head = b"--%s\r\nContent-Disposition: form-data; %s" % (BOUNDARY.encode(), disposition)
    return head + b"\r\n\r\n" + data + b"\r\n"


END = b"--%s--\r\n" % BOUNDARY.encode()
MULTIPARTS = {
    "many fields": b"".join(part(b'name="f%d"' % number, b"1") for number in range(5_000)) + END,
    "many files": b"".join(part(b'name="file"; filename="%d.md"' % number, b"1") for number in range(500)) + END,
    "odd names": part(b'name="file"; filename="..%2f\x00\xff.zip"', b"PK\x03\x04") + END,
    "odd fields": part(b'name="name"', b"\xff\x00") + part(b'name="file"; filename="a.zip"', b"PK\x05\x06" * 9) + END,
    "no end": part(b'name="file"; filename="a"', b"1"),
    "base64 that is none": part(b'name="name"\r\nContent-Transfer-Encoding: base64', b"*") + END,
    "not multipart": b"hello",
}


def of_forms() -> Iterator[tuple[str, str, bytes]]:
    """Those for whoever reads forms."""
    for name, form in FORMS.items():
        yield f"form, {name}", FORM, form
    for name, parts in MULTIPARTS.items():
        yield f"multipart, {name}", MULTIPART, parts
    yield "JSON, deep lists", JSON, WHOLE["deep lists"]
    yield "no content type", "", b"\x00\xff"
    yield "a content type nobody knows", "application/x-\xff; charset=utf-99", b"name=a"


def of_json(body: Any) -> Iterator[tuple[str, str, bytes]]:
    """Those for whoever reads JSON: what it is, its content type, its bytes. body: what is expected, by field."""
    for name, whole in WHOLE.items():
        yield f"JSON, {name}", JSON, whole
    fields = list(body) if isinstance(body, dict) else []
    for name, text in VALUES.items() if fields else ():
        inside = ", ".join(f"{json.dumps(field)}: {text}" for field in fields)
        yield f"JSON, {name} in each field", JSON, f"{{{inside}}}".encode()
    yield "an unknown charset", f"{JSON}; charset=utf-99", b"{}"
