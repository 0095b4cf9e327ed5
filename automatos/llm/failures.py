"""Whatever an SDK, its HTTP client or the network throws, turned into one of our few errors in words for people."""

import os
import re
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import aiohttp
import httpx2

from automatos.llm.errors import ModelBadReply, ModelError, ModelRefused, ModelRejected, ModelUnavailable
from automatos.llm.text import clean

RETRIED = frozenset({408, 409, 429})
CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum context|prompt is too long|too many tokens|input is too long", re.I
)
# Anthropic's and OpenAI's words for trouble on their side, where no status tells (an error inside a stream).
THEIR_TROUBLE = re.compile(r"overloaded|api_error|server_error|internal|rate_limit|timeout|unavailable", re.I)
NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_error"})
LONGEST_QUOTE = 300


REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the name is not known"),
    (ssl.SSLCertVerificationError, "its certificate is not valid"),
    (ssl.SSLError, "the secure connection failed"),
    ((aiohttp.ServerDisconnectedError, ConnectionResetError), "it closed the connection"),
    (aiohttp.ClientPayloadError, "the connection broke"),
    (ConnectionRefusedError, "connection refused"),
    ((TimeoutError, httpx2.TimeoutException), "no connection in time"),
)


class CutShort(ModelBadReply):
    """The connection or the stream ended before the answer did."""

    code = "model_cut_short"


class Explainer:
    """Words failures for one peer. label: its name for people; where: host and port; setting: where its key is."""

    def __init__(self, *, label: str, where: str, key: str, setting: str) -> None:
        self.label = label
        self.name = label[:1].upper() + label[1:]  # at the start of a sentence
        self.where = where
        self.key = key
        self.setting = setting

    def status(self, model: str, status: int, body: object, headers: Mapping[str, str]) -> ModelError:
        """An answer with an error status. body: what the vendor sent, decoded if it was JSON."""
        kind, code, text = self._details(body)
        said = f": {text}" if text else "."
        if code in NO_MONEY or kind in NO_MONEY:
            return ModelRejected(
                f"{self.label} says the account has no credit left ({status}). Check its billing page."
            )
        if CONTEXT.search(f"{code} {kind} {text}") and 400 <= status < 500 and status not in RETRIED:
            return self._too_long(model, text)
        if status in RETRIED or status >= 500:
            if headers.get("x-should-retry") == "false":
                return ModelRejected(f"{self.name} turned the call to {model} away for good ({status}){said}")
            wait = retry_after(headers)
            what = "asks for fewer calls" if status == 429 else "is overloaded" if status == 529 else "has trouble"
            return ModelUnavailable(f"{self.name} {what} ({status}) on {model}{said}", retry_after=wait)
        return ModelRejected(self._rejected(model, status, said))

    def _rejected(self, model: str, status: int, said: str) -> str:
        if status == 401:
            return f"{self.name} does not accept the key (401). Check {self.setting}."
        if status == 403:
            return f"{self.name} does not let this key use {model} (403){said}"
        if status == 404:
            return f"{self.name} has no model or address for {model} (404){said}"
        if 300 <= status < 400:
            return f"{self.name} at {self.where} answered with a redirect ({status}). Check its base URL."
        if status == 413:
            return f"The prompt for {model} is too large for {self.label} (413). Shorten it."
        return f"{self.name} refuses this request to {model} ({status}){said}"

    def _too_long(self, model: str, text: str) -> ModelError:
        said = f" {self.name} says: {text}" if text else ""
        return ModelRejected(f"The prompt is too long for {model}. Shorten it or choose a larger model.{said}")

    def in_stream(self, model: str, body: object) -> ModelError:
        """An error event inside a stream whose status was 200."""
        kind, code, text = self._details(body)
        if CONTEXT.search(f"{code} {kind} {text}"):
            return self._too_long(model, text)
        said = f": {text}" if text else "."
        if THEIR_TROUBLE.search(f"{code} {kind}") or not (code or kind):
            return ModelUnavailable(f"{self.name} broke off while {model} was answering{said}")
        return ModelRejected(f"{self.name} refuses this request to {model}{said}")

    def no_connection(self, error: BaseException) -> ModelError:
        """No answer at all: the first bytes never came."""
        return ModelUnavailable(f"Could not reach {self.label} at {self.where}: {self._quoted(_reason(error))}.")

    def not_sent(self, model: str, error: BaseException) -> ModelError:
        """The SDK itself would not send it: an address or key it cannot use."""
        why = self._quoted(_reason(error)).rstrip(".")
        return ModelRejected(f"The call to {model} at {self.label} could not be made: {why}. Check {self.setting}.")

    def cut(self, model: str, error: BaseException | None = None) -> ModelError:
        """The answer stopped in the middle."""
        why = f" ({self._quoted(_reason(error))})" if error is not None else ""
        return CutShort(f"The answer of {model} at {self.label} was cut short{why}.")

    def malformed(self, model: str) -> ModelError:
        return ModelBadReply(f"{self.name} answered for {model} with something that is not a valid answer.")

    def refused(self, model: str, text: str) -> ModelError:
        said = f": {self._quoted(text)}" if text else "."
        return ModelRefused(f"{model} at {self.label} declined to answer{said}")

    def _details(self, body: object) -> tuple[str, str, str]:
        """(type, code, message) of a vendor's error envelope, whole or already opened."""
        if isinstance(body, str):
            return "", "", "" if body.lstrip().startswith("<") else self._quoted(body)
        if not isinstance(body, Mapping):
            return "", "", ""
        inner: Mapping[str, Any] = body["error"] if isinstance(body.get("error"), Mapping) else body
        message = inner.get("message") or body.get("error") or ""
        return str(inner.get("type") or ""), str(inner.get("code") or ""), self._quoted(str(message))

    def _quoted(self, text: str) -> str:
        if self.key:
            text = text.replace(self.key, "[key]")
        text = " ".join(clean(text).split())
        return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks to wait, from `retry-after-ms` or `Retry-After` (seconds or a date), or None."""
    try:
        return max(0.0, float(headers.get("retry-after-ms", "")) / 1000)
    except ValueError:
        pass
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return None


def cannot_travel(error: BaseException) -> bool:
    """Whether address, key or body are such that nothing was sent. (A certificate's error is a ValueError, too.)"""
    return any(isinstance(link, ValueError | TypeError) and not isinstance(link, OSError) for link in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, innermost last."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return chain


def _reason(error: BaseException) -> str:
    """The innermost cause that says something. (The SDKs call a refused connection a time-out; the cause knows.)"""
    chain = _chain(error)
    for link in reversed(chain):
        for kind, words in REASONS:
            if isinstance(link, kind):
                return words
        if isinstance(link, OSError) and link.strerror:
            return os.strerror(link.errno) if link.errno else link.strerror
    return next((str(link) for link in reversed(chain) if str(link)), type(error).__name__)
