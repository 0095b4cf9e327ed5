"""What went wrong with an MCP server, in a sentence that says whose turn it is."""

import asyncio
import logging
from collections.abc import Iterator

from mcp.shared.exceptions import MCPError

from automatos.errors import AppError
from automatos.outside.errors import OutsideError
from automatos.outside.streaming import StreamingGuard
from tools.mcp.oauth.terms import LONGEST_SCOPE, challenged, printable
from tools.mcp.terms import McpProblem

logger = logging.getLogger(__name__)
SILENT = "The server did not answer in time."
# JSON-RPC errors: a time-out of ours, a stream that ended, and an answer that the SDK could not read.
REQUEST_TIMEOUT, CONNECTION_CLOSED, PARSE_ERROR = -32001, -32000, -32700
# What the SDK says of an answer that is a page, with a code that servers use, too.
OTHER_KIND = "Unexpected content type"
GARBLED = "The server's answer could not be understood, or broke off."


def problem_of(error: BaseException, guard: StreamingGuard) -> AppError | None:
    """The problem behind an error of the SDK; None for one that is not the server's, such as being cancelled."""
    leaves = list(_leaves(error))
    if any(isinstance(leaf, (KeyboardInterrupt, SystemExit, GeneratorExit)) for leaf in leaves):
        return None
    if all(isinstance(leaf, asyncio.CancelledError) for leaf in leaves):
        return None
    for leaf in leaves:
        if isinstance(leaf, AppError):
            return leaf
    if guard.problem is not None:
        return _as_problem(guard.problem)
    if refused := _refused(guard):
        return refused
    return _of_leaves([leaf for leaf in leaves if not isinstance(leaf, asyncio.CancelledError)])


def _as_problem(problem: OutsideError) -> AppError:
    if problem.retryable or problem.http_status == 502:
        return McpProblem(problem.message, is_silence=True, retryable=problem.retryable)
    return problem


def _refused(guard: StreamingGuard) -> McpProblem | None:
    """What an HTTP status says that the SDK does not pass on."""
    status = guard.statuses[-1] if guard.statuses else 200
    if status == 403 and challenged(guard.challenge, "error") == "insufficient_scope":
        wants = printable(challenged(guard.challenge, "scope") or "")[:LONGEST_SCOPE]
        more = f": {wants[:200]}" if wants else ""
        return McpProblem(
            f"The server wants more access for this{more}. A person allows it under MCP servers.", wants=wants
        )
    text = ""
    if status in (401, 403):
        text = f"The server refused the sign-in (HTTP {status}). Choose another credential for it, or renew this one."
    elif 300 <= status < 400:
        text = f"The server sends us to another address (HTTP {status}), which is not followed. Give that address."
    elif status == 404:
        text = "There is nothing at this address (HTTP 404). Look at the server's documentation for the right one."
    elif status >= 500:
        text = f"The server has a problem of its own (HTTP {status})."
    return McpProblem(text, is_silence=status >= 500) if text else None


def _of_leaves(leaves: list[BaseException]) -> McpProblem:
    for leaf in leaves:
        if isinstance(leaf, MCPError):
            if leaf.error.code == PARSE_ERROR or leaf.error.message.startswith(OTHER_KIND):
                return McpProblem(GARBLED, is_silence=True)
            is_silence = leaf.error.code in (REQUEST_TIMEOUT, CONNECTION_CLOSED)
            return McpProblem(_said(leaf.error.message, is_silence), is_silence=is_silence, retryable=is_silence)
    if any(isinstance(leaf, TimeoutError) for leaf in leaves):
        return McpProblem(SILENT, is_silence=True, retryable=True)
    kinds = ", ".join(type(leaf).__name__ for leaf in leaves)
    logger.info("An MCP server could not be understood: %s", kinds)
    if any(isinstance(leaf, FileNotFoundError) for leaf in leaves):
        return McpProblem("The command is not installed on this machine.")
    return McpProblem(GARBLED, is_silence=True)


def _said(message: str, is_silence: bool) -> str:
    text = " ".join(str(message).replace("\x00", " ").split())[:300]
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if is_silence:
        return f"{SILENT} ({text})" if text else SILENT
    return f"The server said no: {text or 'it did not say why.'}"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
