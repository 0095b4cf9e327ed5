"""One door for every tool call: find the tool, check the arguments, run it within its limits, never fail loudly."""

import asyncio
import contextlib
import difflib
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from automatos.checking import unstorable_text
from automatos.errors import AppError
from tools import arguments as reading
from tools.arguments import call_key
from tools.builtin import BUILTIN
from tools.contract import Arguments, Made, Tool, ToolContext, ToolProblem, ToolResult

__all__ = ["UnifiedToolExecutor", "broken_off", "call_key"]

logger = logging.getLogger(__name__)
Record = Mapping[str, ToolResult]
BROKEN_OFF = "It was broken off: nobody waits for it any more."
MAY_HAVE = "It may have taken effect."
# Seconds that writing it down is waited for, since whoever ends the worker waits for it. It goes on after them.
NOTING_SECONDS = 1.0
# The loop itself keeps no task alive that nobody waits for.
_unwatched: set[asyncio.Task[None]] = set()


class UnifiedToolExecutor:
    """Runs calls of the tools it is given; by default the built-in ones."""

    def __init__(self, tools: Mapping[str, Tool] | None = None) -> None:
        self.tools = BUILTIN if tools is None else tools

    async def run(
        self, name: str, arguments: str | Arguments, context: ToolContext, record: Record | None = None
    ) -> ToolResult:
        """The result of one call; what goes wrong is a result too, with is_error and a text the model can act on.

        arguments: as the model wrote them. record: results of this step's earlier calls by `call_key`; a call that is
        in it is not made again. The caller writes the record and the log.
        """
        tool = self.tools.get(name)
        if tool is None:
            return self._unknown(name)
        begun = time.perf_counter()
        known = (record or {}).get(call_key(name, arguments))
        if known is not None and not tool.changing and not known.retryable:
            result = replace(known, repeated=True)
        else:
            result = _fitting(await self._carried_out(tool, arguments, context), tool.longest)
        await _noted(tool, arguments, result, begun, context)
        return result

    async def note_lost(self, name: str, arguments: Arguments, result: ToolResult, context: ToolContext) -> None:
        """Keep in the log that a call was sent and its answer lost with whoever made it; once for a call."""
        if tool := self.tools.get(name):
            await _kept(
                Made(tool.logged_as(arguments), result, None, "uncertain", context.call.key, once=True), context
            )

    async def _carried_out(self, tool: Tool, arguments: str | Arguments, context: ToolContext) -> ToolResult:
        name, begun = tool.name, time.perf_counter()
        try:
            if tool.blocked:
                raise ToolProblem(tool.blocked)
            values = reading.read(arguments, tool.schema)
            async with asyncio.timeout(tool.seconds):
                return await tool.run(values, context)
        except ToolProblem as problem:
            return ToolResult(str(problem), is_error=True, retryable=problem.retryable)
        except AppError as error:
            return ToolResult(error.message, is_error=True, retryable=error.retryable)
        except TimeoutError:
            text = f"{name} took longer than {tool.seconds:g} seconds and was stopped. Ask for less at once."
            return ToolResult(text, is_error=True, retryable=True)
        except asyncio.CancelledError:
            await _broken_off(tool, arguments, begun, context)
            raise
        except Exception:
            # What went wrong inside may name files, addresses or secrets: it goes to the log, not to the model.
            logger.exception("The tool %s failed", name)
            text = f"{name} failed for a reason of its own; it was noted. Go on without it or try another way."
            return ToolResult(text, is_error=True, retryable=True)

    def _unknown(self, name: str) -> ToolResult:
        near = difflib.get_close_matches(name, self.tools, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        there_are = f"There are: {', '.join(self.tools)}." if self.tools else "There are no tools here."
        return ToolResult(f"There is no tool named {name[:80]!r}.{meant} {there_are}", is_error=True)


async def _noted(
    tool: Tool, arguments: str | Arguments, result: ToolResult, begun: float, context: ToolContext
) -> None:
    """Keep the call in the log, where there is one and nobody else does. The call counts without it too."""
    if tool.logged_by is not None:
        return
    status = "uncertain" if result.uncertain else "failed" if result.is_error else "done"
    status = "record" if result.repeated else "refused" if tool.blocked else status
    took = None if result.uncertain else _since(begun)
    await _kept(Made(tool.logged_as(_as_mapping(arguments)), result, took, status, context.call.key), context)


async def _broken_off(tool: Tool, arguments: str | Arguments, begun: float, context: ToolContext) -> None:
    """Keep a call in the log that nobody waits for any more: its run was stopped, or its worker is."""
    made = broken_off(tool, _as_mapping(arguments), _since(begun), context.call.key)
    noting = asyncio.create_task(_kept(made, context))
    _unwatched.add(noting)
    noting.add_done_callback(_unwatched.discard)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(noting), NOTING_SECONDS)


def broken_off(tool: Tool, arguments: Arguments, took: int | None, key: UUID | None) -> Made:
    """A call that nobody waited for to its end, for the log: uncertain where it may have done something.

    took: milliseconds, None where nobody knows. key: of the call in the run's journal.
    """
    is_known = tool.is_repeatable(arguments)
    result = ToolResult(BROKEN_OFF if is_known else f"{BROKEN_OFF} {MAY_HAVE}", is_error=True)
    status, milliseconds = ("failed", took) if is_known else ("uncertain", None)
    return Made(tool.logged_as(arguments), result, milliseconds, status, key, once=True)


async def _kept(made: Made, context: ToolContext) -> None:
    if context.note is None:
        return
    try:
        await context.note(made)
    except Exception:
        logger.exception("A call of %s is not in the log", made.logged.tool)


def _as_mapping(arguments: str | Arguments) -> Arguments:
    return arguments if isinstance(arguments, Mapping) else {"arguments": arguments}


def _since(begun: float) -> int:
    """Milliseconds."""
    return round((time.perf_counter() - begun) * 1000)


def _fitting(result: ToolResult, longest: int) -> ToolResult:
    """The result as it can be stored and shown to a model."""
    content = result.content
    if unstorable_text(content):
        content = content.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(content) > longest:
        note = f"\n\n[Cut: {len(content):,} characters, of which the first part is shown.]"
        content = content[: longest - len(note)] + note
    return result if content is result.content else replace(result, content=content)
