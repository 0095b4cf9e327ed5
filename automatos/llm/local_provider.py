"""The model server on this machine, embedded or named by LOCAL_LLM_URL. It speaks OpenAI's wire."""

from automatos.llm.openai_provider import OpenAIProvider


class LocalProvider(OpenAIProvider):
    """The embedded server takes everything the OpenAI adapter sends by Chat Completions."""

    has_responses = False
