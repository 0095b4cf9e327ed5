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

from automatos.llm.errors import (
    ContextTooLong,
    CutShort,
    ModelBadReply,
    ModelError,
    ModelKeyRefused,
    ModelNoCredit,
    ModelNotFound,
    ModelOverloaded,
    ModelRateLimited,
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
)
from automatos.llm.providers.words import error_words, is_page, page_title
from automatos.llm.text import clean

TOO_MANY = 429
RETRIED = frozenset({408, 409, TOO_MANY})
OVERLOADED = frozenset({503, 529})
# The words of both vendors and llama.cpp. "Request too large" is about a limit per minute: waiting never helps.
CONTEXT = re.compile(
    r"context[ _](length|window|size|limit)|maximum context|prompt is too long|too many tokens|input is too long|"
    r"string_above_max_length|request too large for",
    re.I,
)
# Anthropic's and OpenAI's words for trouble on their side, where no status tells (an error inside a stream).
THEIR_OVERLOAD = re.compile(r"overloaded", re.I)
THEIR_LIMIT = re.compile(r"rate_limit", re.I)
THEIR_TROUBLE = re.compile(r"api_error|server_error|internal|timeout|unavailable|insufficient_system_resource", re.I)
TOO_OFTEN = re.compile(r"rate limit|too many requests", re.I)
# The words of servers that send neither status nor code with an error.
NOT_THERE = re.compile(
    r"(model|endpoint|deployment|resource)[^.]{0,80}(not (found|exist|supported|loaded|available)|does ?n.t exist)|"
    r"no such model|unexpected endpoint|unknown model|invalid model|not_found|try pulling",
    re.I,
)
KEY_REFUSED = re.compile(
    r"(invalid|incorrect|wrong|missing|no) (api[ _-]?)?(key|token|credential)|unauthori[sz]ed", re.I
)
NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_error", "insufficient_balance"})
# The vendor's filters turn the prompt away; another vendor's may not.
POLICY = frozenset({
    "content_filter", "content_policy_violation", "invalid_prompt", "bio_policy", "misalignment_policy_violation",
})  # fmt: skip
NO_MONEY_TEXT = re.compile(r"credit balance is too low|insufficient (balance|credits)", re.I)
PAYMENT_REQUIRED = 402
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
        if status == PAYMENT_REQUIRED or {code, kind} & NO_MONEY or NO_MONEY_TEXT.search(text):
            return ModelNoCredit(
                f"{self.label} says the account has no credit left ({status}). Check its billing page."
            )
        if CONTEXT.search(f"{code} {kind} {text}") and 400 <= status < 500:
            return self._too_long(model, text)
        if code in POLICY:
            return self.refused(model, text)
        if status in RETRIED or status >= 500:
            return self._later(model, status, said, headers)
        return self._rejected(model, status, code, said)

    def _later(self, model: str, status: int, said: str, headers: Mapping[str, str]) -> ModelError:
        if headers.get("x-should-retry") == "false":
            return ModelRejected(f"{self.name} turned the call to {model} away for good ({status}){said}")
        wait = retry_after(headers)
        if status == TOO_MANY:
            return ModelRateLimited(f"{self.name} asks for fewer calls (429) on {model}{said}", retry_after=wait)
        if status in OVERLOADED:
            return ModelOverloaded(f"{self.name} is overloaded ({status}) on {model}{said}", retry_after=wait)
        return ModelUnavailable(f"{self.name} has trouble ({status}) on {model}{said}", retry_after=wait)

    def _rejected(self, model: str, status: int, code: str, said: str) -> ModelError:
        if status == 401:
            return ModelKeyRefused(f"{self.name} does not accept the key (401). Check {self.setting}.")
        if status == 403:
            return ModelKeyRefused(f"{self.name} does not let this key use {model} (403){said}")
        if status == 404 or code == "model_not_found":
            return ModelNotFound(f"{self.name} has no model or address for {model} ({status}){said}")
        if 300 <= status < 400:
            return ModelRejected(
                f"{self.name} at {self.where} answered with a redirect ({status}). Check its base URL."
            )
        if status == 413:
            return ContextTooLong(f"The prompt for {model} is too large for {self.label} (413). Shorten it.")
        return ModelRejected(f"{self.name} refuses this request to {model} ({status}){said}")

    def _too_long(self, model: str, text: str) -> ModelError:
        said = f" {self.name} says: {text}" if text else ""
        return ContextTooLong(f"The prompt is too long for {model}. Shorten it or choose a larger model.{said}")

    def in_stream(self, model: str, body: object, *, begun: bool = True) -> ModelError:
        """An error inside an answer whose status was 200, judged by what it says. begun: whether text came before."""
        kind, code, text = self._details(body)
        status = _status_in(body)
        error = self.status(model, status, body, {}) if status else None
        if error is not None and not (begun and isinstance(error, ModelUnavailable)):
            return error
        if CONTEXT.search(f"{code} {kind} {text}"):
            return self._too_long(model, text)
        said = f": {text}" if text else "."
        if code in POLICY:
            return self.refused(model, text)
        did = f"broke off while {model} was answering" if begun else f"could not answer for {model}"
        broke_off = f"{self.name} {did}{said}"
        found = type(error)(broke_off) if error else self._later_by_words(broke_off, f"{code} {kind}", text)
        return found or self._rejected_by_words(model, code, kind, text, said)

    def _later_by_words(self, broke_off: str, words: str, text: str) -> ModelError | None:
        """Trouble at the server's side, where no status tells of it; None for anything else."""
        if THEIR_OVERLOAD.search(words):
            return ModelOverloaded(broke_off)
        if THEIR_LIMIT.search(words) or TOO_OFTEN.search(text):
            return ModelRateLimited(broke_off)
        if THEIR_TROUBLE.search(words):
            return ModelUnavailable(broke_off)
        says_more = NOT_THERE.search(text) or KEY_REFUSED.search(text) or NO_MONEY_TEXT.search(text)
        return ModelUnavailable(broke_off) if not words.strip() and not says_more else None

    def _rejected_by_words(self, model: str, code: str, kind: str, text: str, said: str) -> ModelError:
        words = f"{code} {kind} {text}"
        if NO_MONEY & {code, kind} or NO_MONEY_TEXT.search(text):
            return ModelNoCredit(f"{self.label} says the account has no credit left{said}")
        if NOT_THERE.search(words):
            return ModelNotFound(f"{self.name} has no model or address for {model}{said}")
        if KEY_REFUSED.search(words):
            return ModelKeyRefused(f"{self.name} does not accept the key{said} Check {self.setting}.")
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

    def malformed(self, model: str, value: object = None) -> ModelError:
        """JSON that is no answer. value: what came, quoted where it has words."""
        words = self._quoted(error_words(value)) if isinstance(value, Mapping) else ""
        said = f": {words}" if words else "."
        return ModelBadReply(f"{self.name} answered for {model} with something that is not a valid answer{said}")

    def nothing(self, model: str) -> ModelError:
        """An answer without a single byte: most likely the connection was closed on the way."""
        return CutShort(f"{self.name} sent nothing at all for {model}.")

    def no_answer(self, model: str, text: str) -> ModelError:
        """A page or words in place of an answer, though the status was 200."""
        if text.lstrip()[:1] in ("{", "[") or text.strip() == "null":
            return self.malformed(model)
        what = page_title(text) if is_page(text) else f"“{self._quoted(text)}”"
        return ModelNotFound(
            f"{self.name} answered for {model} with {self._quoted(what)}, which is not a valid answer. "
            f"Check its base URL at {self.where}: most end in /v1."
        )

    def refused(self, model: str, text: str) -> ModelError:
        said = f": {self._quoted(text)}" if text else "."
        return ModelRefused(f"{model} at {self.label} declined to answer{said}")

    def _details(self, body: object) -> tuple[str, str, str]:
        """(type, code, message) of a vendor's error envelope, whole or already opened."""
        text = self._quoted(error_words(body))
        rows = body if isinstance(body, list) else [body]
        envelope = next((row for row in rows if isinstance(row, Mapping)), None)
        if envelope is None:
            return "", "", text
        inner: Mapping[str, Any] = envelope["error"] if isinstance(envelope.get("error"), Mapping) else envelope
        kind, code = (str(inner.get(name) or "") for name in ("type", "code"))
        return kind, code, text

    def _quoted(self, text: str) -> str:
        if self.key:
            text = text.replace(self.key, "[key]")
        text = " ".join(clean(text).split())
        return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"


def _status_in(body: object) -> int | None:
    """The HTTP status that an error in an answer names, where it is one of an error."""
    row = body if isinstance(body, Mapping) else {}
    inner = row["error"] if isinstance(row.get("error"), Mapping) else row
    for name in ("code", "status", "status_code", "statusCode", "http_code"):
        value = inner.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:4])
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


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
