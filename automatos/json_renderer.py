"""How answers of the REST API are written as JSON: as the framework does, in a fraction of its time."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer

# Times are left to the framework's encoder, which cuts them to milliseconds and writes Z.
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class FastJSONRenderer(JSONRenderer):
    """The same JSON as its parent's, but that a number which is none is null; what is left to that has its errors."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The bytes; none for None."""
        if data is not None and self.get_indent(accepted_media_type or "", renderer_context or {}) is None:
            try:
                return orjson.dumps(data, self.encoder_class().default, OPTIONS)
            except (TypeError, ValueError):  # half a surrogate pair, a number past 64 bits
                pass
        return bytes(super().render(data, accepted_media_type, renderer_context))
