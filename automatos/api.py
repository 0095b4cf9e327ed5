"""What every REST answer has in common: one strict reader of JSON, one error shape."""

import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from redis.exceptions import RedisError
from rest_framework import exceptions, parsers, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from automatos import request_id
from automatos.checking import Problems
from automatos.errors import AppError, InvalidInput, NotFound, NotSignedIn, Unavailable

logger = logging.getLogger(__name__)


class TooLarge(AppError):
    """The body is longer than is read here."""

    code = "too_large"
    http_status = 413


class JsonParser(parsers.JSONParser):
    """Reads a JSON body no database or worker can choke on: bounded in size and depth, no NUL, no half characters.

    most: bytes of a body; DATA_UPLOAD_MAX_MEMORY_SIZE where it says nothing.
    """

    most: int | None = None

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The parsed body. Raises ParseError, TooLarge, or InvalidInput naming each unusable place."""
        most = self.most or settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise TooLarge(f"The body is longer than {most:,} bytes. Send less at once.")
        try:
            data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError:
            raise InvalidInput("The body is nested too deeply; make it flatter.") from None
        except ValueError as error:
            raise exceptions.ParseError(f"The body is not JSON: {str(error)[:200]}.") from None
        problems = Problems()
        problems.json("", data)
        problems.raise_any()
        return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to any exception of an API view. What nobody expected is logged and answered as a plain 500."""
    # Importing those views reads the setting that names this module, so it waits until here.
    from rest_framework.views import set_rollback

    set_rollback()
    known = understood(error)
    headers = {}
    if known.http_status == 401:
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "") or 'ApiKey realm="api"'
    if known.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(known.retry_after))
    request = context.get("request")
    if request is not None:
        # An error is JSON also where the answer would have been an event stream.
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    return Response(error_body(known), status=known.http_status, headers=headers)


def error_body(error: AppError) -> dict[str, Any]:
    """The one error shape."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.fields:
        body["fields"] = error.fields
    return {"error": {**body, "request_id": request_id.current()}}


def understood(error: Exception) -> AppError:
    """The error as one of ours."""
    match error:
        case AppError():
            known = error
        case Http404() | exceptions.NotFound():
            known = NotFound()
        case PermissionDenied():
            known = _ours("This is not allowed.", 403)
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            known = TooLarge("The body is too long, or has too many fields or files. Send less at once.")
        case SuspiciousOperation() | MultiPartParserError() | UnicodeError():
            known = _ours("The body cannot be read.", 400)
        case exceptions.ValidationError():
            known = _invalid(error)
        case exceptions.NotAuthenticated():
            known = NotSignedIn("Sign in, or send an API key as X-API-Key.")
        case exceptions.APIException():
            known = _ours(str(error.detail), error.status_code)
            known.retry_after = getattr(error, "wait", None)
        case OperationalError() | InterfaceError() | RedisError():
            logger.warning("A server does not answer: %s", error)
            part = "queue" if isinstance(error, RedisError) else "database"
            known = Unavailable(f"The {part} does not answer right now. Try again in a moment.", retry_after=2)
        case DataError():
            logger.warning("The database refused a value: %s", error)
            known = InvalidInput("A value is out of range or cannot be stored.")
        case _:
            logger.error("An API view failed", exc_info=error)
            known = _ours("Something went wrong on our side. It was noted under this request id.", 500)
    return known


def _invalid(error: exceptions.ValidationError) -> InvalidInput:
    fields = dict(_flat("", error.detail))
    name, texts = next(iter(fields.items()), ("", ["This cannot be used."]))
    return InvalidInput(f"{name}: {texts[0]}" if name else texts[0], fields=fields)


EMPTY: tuple[Any, ...] = (None, "", [], {})
CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "throttled",
    500: "internal",
}


def _ours(message: str, status: int) -> AppError:
    error = AppError(message, code=CODES.get(status, "error"))
    error.http_status = status
    return error


def _flat(name: str, detail: Any) -> Iterator[tuple[str, list[str]]]:
    """Nested serializer errors as dotted names: {"steps": [{}, {"order": ["…"]}]} gives steps.1.order."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            part = "" if key == "non_field_errors" else str(key)
            yield from _flat(".".join(filter(None, (name, part))), value)
    elif isinstance(detail, list) and any(isinstance(item, (Mapping, list)) for item in detail):
        for index, item in enumerate(detail):
            yield from _flat(f"{name}.{index}" if name else str(index), item)
    else:
        texts = detail if isinstance(detail, list) else [detail]
        if texts:
            yield name, [str(text) for text in texts]


@csrf_exempt
def not_found(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Any address under /api/ that there is not, whatever the method and however the caller comes in."""
    return JsonResponse(error_body(NotFound()), status=404, json_dumps_params={"separators": (",", ":")})


class InputSerializer(serializers.Serializer[Any]):
    """A body that is read strictly: a name it does not know is refused, since a mistyped one would do nothing.

    shown_only: names of the answer that may come back unchanged in a PUT. Empty values of unknown names pass.
    """

    shown_only: tuple[str, ...] = ()

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; every unknown name is reported."""
        if isinstance(data, Mapping):
            given = [name for name, value in data.items() if value not in EMPTY and name not in self.shown_only]
            refuse_unknown(given, list(self.fields))
        return super().to_internal_value(data)


def refuse_unknown(given: Iterable[str], known: Sequence[str]) -> None:
    """Raise ValidationError that names each of the given fields which is not known, with the nearest one there is."""
    unknown = {str(name): [_no_such(str(name), known)] for name in given if name not in known}
    if unknown:
        raise exceptions.ValidationError(unknown)


def _no_such(name: str, known: Sequence[str]) -> str:
    if not known:
        return "There is no such field: this takes none."
    near = get_close_matches(name[:80].lower(), known, n=1, cutoff=0.6)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"There is no such field.{meant} There are: {', '.join(known)}."


class WordField(serializers.CharField):
    """One word of an enumeration, in any case: "Writing" and "HR" mean `writing` and `hr`."""

    def to_internal_value(self, data: Any) -> str:
        """The word as it is kept; whether there is such a one is for the service to say."""
        return super().to_internal_value(data).lower()


class DiffLineOut(serializers.Serializer[Any]):
    """A line of a comparison. kind: add, del, same, or skip for the count of unchanged lines left out."""

    kind = serializers.ChoiceField(choices=("add", "del", "same", "skip"))
    text = serializers.CharField()


class ErrorDetail(serializers.Serializer[Any]):
    """What went wrong. `fields` names each part of the input that cannot be used."""

    code = serializers.CharField(help_text="A stable word for programs.")
    message = serializers.CharField(help_text="A sentence for people.")
    fields_ = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)
    request_id = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`fields` is a name the framework uses itself, so it is put in place here."""
        fields = super().get_fields()
        return {"fields" if name == "fields_" else name: field for name, field in fields.items()}


class ErrorAnswer(serializers.Serializer[Any]):
    """The shape of every answer from 400 up."""

    error = ErrorDetail()
