"""How the product writes its log: one line an event, with the request it belongs to and without secrets."""

import sys
from typing import Any

from automatos import env


def logging_of(level: str) -> dict[str, Any]:
    """The LOGGING setting. level: the least that is written, e.g. INFO."""
    careful = ["masks", "request"]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "automatos.log_masks.MaskingFormatter",
                "format": "{asctime} {levelname} {name} [{request_id}] {message}",
                "style": "{",
            }
        },
        "filters": {
            "masks": {"()": "automatos.log_masks.MaskSecrets"},
            "request": {"()": "automatos.log_masks.AddRequestId"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": sys.stderr,
                "filters": careful,
            }
        },
        "root": {"handlers": ["console"], "level": level.upper()},
        "loggers": {
            "httpx2": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "composio_client": {"level": "WARNING"},
            # What a server sent stands in its tracebacks; our own lines say what went wrong.
            "mcp": {"level": "CRITICAL"},
            # These have handlers of their own, given by uvicorn.
            "uvicorn.access": {"filters": ["masks"]},
            "uvicorn.error": {"filters": ["masks"]},
        },
    }


LOGGING = logging_of(env.text("LOG_LEVEL", "INFO"))
