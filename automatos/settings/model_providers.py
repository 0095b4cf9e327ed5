"""Model providers, and what new agents think with."""

from automatos import env

OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", schemes=("http", "https"))
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.url("ANTHROPIC_BASE_URL", schemes=("http", "https"))
LOCAL_LLM_MODEL_PATH = env.text("LOCAL_LLM_MODEL_PATH")
LOCAL_LLM_URL = env.url("LOCAL_LLM_URL", schemes=("http", "https"))
DEFAULT_LLM_PROVIDER = env.text("DEFAULT_LLM_PROVIDER", "local")
DEFAULT_LLM_MODEL = env.text("DEFAULT_LLM_MODEL", "smollm2-135m-instruct")
# Where an agent's money is limited and nobody knows what its model takes: assume counts such calls at the two prices
# (US dollars for a million tokens), refuse does not make them.
UNKNOWN_PRICES = env.choice("UNKNOWN_PRICES", "assume", ("assume", "refuse"))
ASSUMED_INPUT_PRICE = env.integer("ASSUMED_INPUT_PRICE", 5, low=0, high=100_000)
ASSUMED_OUTPUT_PRICE = env.integer("ASSUMED_OUTPUT_PRICE", 25, low=0, high=100_000)
# False makes any model call to an address off this machine fail: tests set it.
LLM_OUTSIDE_CALLS = env.boolean("LLM_OUTSIDE_CALLS", True)
