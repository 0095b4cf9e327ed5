"""Kinds of model servers: where they are, who prices their models, and what they are known not to take.

What a preset does not say is learned from the server itself, see providers/refusals.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of server. base_url: its usual address, or an example of it where each customer has another.

    prices: whose list in `genai-prices` its models stand in; empty where there is none. is_free: its owner pays with a
    machine and not by the token. refuses: parts of a request that need not be tried. asks_for_cost: it tells what a
    call cost, when asked.
    """

    name: str
    base_url: str
    is_example: bool = False
    prices: str = ""
    is_free: bool = False
    refuses: tuple[str, ...] = ()
    asks_for_cost: bool = False


PRESETS = {
    "openrouter": Preset("OpenRouter", "https://openrouter.ai/api/v1", prices="openrouter", asks_for_cost=True),
    "azure": Preset(
        "Azure OpenAI", "https://YOUR-RESOURCE.openai.azure.com/openai/v1", is_example=True, prices="azure"
    ),
    "gemini": Preset("Google Gemini", "https://generativelanguage.googleapis.com/v1beta/openai", prices="google"),
    "mistral": Preset("Mistral", "https://api.mistral.ai/v1", prices="mistral", refuses=("stream_options",)),
    "groq": Preset("Groq", "https://api.groq.com/openai/v1", prices="groq"),
    "deepseek": Preset("DeepSeek", "https://api.deepseek.com/v1", prices="deepseek"),
    "ollama": Preset("Ollama", "http://localhost:11434/v1", is_free=True),
    "vllm": Preset("vLLM", "http://localhost:8000/v1", is_free=True),
    "lm_studio": Preset("LM Studio", "http://localhost:1234/v1", is_free=True),
    "llama_cpp": Preset("llama.cpp", "http://localhost:8080/v1", is_free=True),
}
UNKNOWN = Preset("Another server", "", is_example=True)


def preset(slug: str) -> Preset:
    """The preset, or one that says nothing."""
    return PRESETS.get(slug, UNKNOWN)
