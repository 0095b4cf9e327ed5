"""The API's description of itself: made once in each process, and not sent again to who has it."""

import hashlib
from functools import cache
from threading import Lock
from types import SimpleNamespace
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_making = Lock()
# By media type: the document and its ETag.
_documents: dict[str, tuple[bytes, str]] = {}


class _ByQuery(DefaultContentNegotiation):
    """`?format=json` for whoever opens the document in a browser; otherwise as `Accept` says."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE="format")


class SchemaView(SpectacularAPIView):
    """OpenAPI 3 document, as YAML or JSON; the same for everybody, so it carries an ETag."""

    content_negotiation_class = _ByQuery

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The document in the form that was asked for; 304 when the caller has it already."""
        renderer = request.accepted_renderer
        with _making:
            if renderer.media_type not in _documents:
                _documents[renderer.media_type] = _made_by(renderer)
            content, tag = _documents[renderer.media_type]
        answer = HttpResponse(content, content_type=renderer.media_type, headers={"ETag": tag})
        answer.headers["Content-Disposition"] = f'inline; filename="Automatos AI.{renderer.format}"'
        patch_cache_control(answer, private=True, max_age=0, must_revalidate=True)
        patch_vary_headers(answer, ["Accept"])
        return get_conditional_response(request._request, etag=tag, response=answer) or answer


def _made_by(renderer: BaseRenderer) -> tuple[bytes, str]:
    """The document as this renderer writes it, and its ETag."""
    written = renderer.render(_schema(), renderer.media_type, {})
    content = written.encode() if isinstance(written, str) else bytes(written)
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found
