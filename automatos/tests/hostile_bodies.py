"""Bodies of requests that somebody made to break the reader."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

# Where a value stands in a body: the names of fields, and numbers in lists.
Place = tuple[str | int, ...]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "hostile"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

# Whatever is expected, this is not it. As JSON text, since no Python value writes some of them.
VALUES = {
    "deep": "[" * 50 + "]" * 50,
    "many digits": "9" * 400,
    "many digits as text": json.dumps("9" * 400),
    "NaN as text": '"NaN"',
    "tiny float as text": '"1e-99999999"',
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


def of_place(body: Any, place: Place, names: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
    """The good body with those VALUES at one place alone; what is missing on the way to it is made.

    What is wrong with one field keeps others from being looked at closely, so each has to meet them alone.
    """
    mark = "the place of the hostile value"
    made: Any = json.loads(json.dumps(body))
    inside: Any = made
    for part, after in zip(place, (*place[1:], None), strict=True):
        if isinstance(inside, list) and not inside:
            inside.append({})
        kept: Any = inside[0] if isinstance(inside, list) else inside.get(part)
        kind: type[Any] = list if isinstance(after, int) else dict
        inside[part] = mark if after is None else kept if isinstance(kept, kind) else kind()
        inside = inside[part]
    text = json.dumps(made)
    for name in names:
        where = ".".join(map(str, place))
        yield f"JSON, {name} at {where}", JSON, text.replace(json.dumps(mark), VALUES[name]).encode()
