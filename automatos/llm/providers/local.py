"""The model server on this machine, embedded or named by LOCAL_LLM_URL. It speaks OpenAI's wire."""

from dataclasses import replace

from automatos.llm.deltas import Listener, ToolCallDelta
from automatos.llm.errors import ModelBadReply
from automatos.llm.families import BUNDLED
from automatos.llm.parts import ToolCall
from automatos.llm.providers.local_tools import arguments_request, chosen_tool, needs_help, plain_request
from automatos.llm.providers.openai_chat import OpenAIProvider
from automatos.llm.types import ModelReply, ModelRequest, ToolSpec


class LocalProvider(OpenAIProvider):
    """Takes everything the OpenAI adapter sends by Chat Completions; the small model is helped with tools."""

    has_responses = False

    async def attempt(self, model: str, request: ModelRequest, listener: Listener | None) -> ModelReply:
        if model != BUNDLED:
            # Others on this machine are expected to call tools by themselves.
            return await super().attempt(model, request, listener)
        tool = chosen_tool(request) if needs_help(request) else None
        if tool is not None:
            return await self._called(model, request, tool, listener)
        return await super().attempt(model, plain_request(request), listener)

    async def _called(self, model: str, request: ModelRequest, tool: ToolSpec, listener: Listener | None) -> ModelReply:
        """A call of this tool, its arguments filled in by the model."""
        try:
            reply = await super().attempt(model, arguments_request(request, tool), None)
        except ModelBadReply as error:
            # What is no JSON becomes a call with malformed arguments, as it would at any other model.
            if error.reply is None:
                raise
            reply = error.reply
        call = ToolCall.read(f"call_{len(request.messages)}", tool.name, reply.text)
        if listener is not None:
            listener.delta(ToolCallDelta(0, call.id, call.name, call.raw))
        return replace(reply, text="", finish_reason="tool_calls", tool_calls=(call,))
