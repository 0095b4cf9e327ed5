"""Pictures in a chat client's messages: written into the body, or at an address that is fetched with every guard."""

import asyncio
import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from automatos import outside
from automatos.errors import InvalidInput, wrong_field
from recipes.engine.attachments import LARGEST, Upload, picture_type

SECONDS = 15.0
LONGEST_ADDRESS = 8000
INLINE = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)
KINDS = "a PNG, JPEG, GIF or WebP picture"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its bytes, or the address where they are. field: where it stands in the body."""

    field: str
    data: bytes = b""
    url: str = ""


def read_picture(field: str, value: Any) -> Picture:
    """The picture of a part. value: an object with its url, or the url itself. Raises InvalidInput naming the cure."""
    url = value.get("url") if isinstance(value, dict) else value
    if not isinstance(url, str) or not url:
        raise wrong_field(f"{field}.url", "Give the url of the picture: a data: URL with base64, or an https address.")
    if url[:5].lower() != "data:":
        if len(url) > LONGEST_ADDRESS:
            raise wrong_field(f"{field}.url", f"An address has at most {LONGEST_ADDRESS:,} characters.")
        return Picture(f"{field}.url", url=url)
    head = INLINE.match(url)
    if head is None:
        raise wrong_field(f"{field}.url", f"A data: URL holds {KINDS} in base64: data:image/png;base64,….")
    try:
        data = base64.b64decode(url[head.end() :], validate=True)
    except binascii.Error:
        raise wrong_field(f"{field}.url", "What follows base64, is not base64.") from None
    return _checked(Picture(f"{field}.url", data))


async def fetched(pictures: Sequence[Picture]) -> list[Picture]:
    """All of them with their bytes. Raises InvalidInput for an address that may not or cannot be read."""
    limits = outside.Limits(seconds=SECONDS, max_bytes=LARGEST, content_types=("image/*", "application/octet-stream"))
    return list(await asyncio.gather(*(_fetched(picture, limits) for picture in pictures)))


def uploads(pictures: Sequence[Picture], start: int) -> list[Upload]:
    """As files that are kept with the run, numbered from `start`."""
    return [
        Upload(f"picture-{number}.{picture_type(picture.data).removeprefix('image/')}", picture.data)
        for number, picture in enumerate(pictures, start)
    ]


async def _fetched(picture: Picture, limits: outside.Limits) -> Picture:
    if not picture.url:
        return picture
    try:
        answer = await outside.get(picture.url, limits=limits)
    except outside.OutsideError as error:
        raise _unread(picture, error.message) from None
    if answer.status != 200:
        raise _unread(picture, f"The server answered {answer.status}.")
    return _checked(Picture(picture.field, answer.content))


def _unread(picture: Picture, why: str) -> InvalidInput:
    return wrong_field(
        picture.field, f"The picture at {picture.url[:200]} cannot be read. {why} Send it as a data: URL instead."
    )


def _checked(picture: Picture) -> Picture:
    if len(picture.data) > LARGEST:
        raise wrong_field(
            picture.field, f"A picture has at most {LARGEST:,} bytes; this one has {len(picture.data):,}."
        )
    if not picture_type(picture.data):
        raise wrong_field(picture.field, f"This is not {KINDS}.")
    return picture
