"""What the names of the vendors' models tell of them. Names that say nothing belong to other servers' models.

https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting
https://developers.openai.com/api/docs/models
"""

import re

# OpenAI's models that think first: they take another name for the limit, and no sampling settings while they think.
OPENAI_THINKERS = re.compile(r"^(o\d|gpt-([5-9]|\d\d))")
OPENAI_UNTHINKING = re.compile(r"^(gpt-[34]|chatgpt-4)")
# The oldest of Anthropic's think within a budget of tokens and know no effort.
CLAUDE_BUDGETED = re.compile(r"^claude-(\d|instant|((opus|sonnet|haiku)-4-([015](-|$)|\d{8})))")
# These think unless told not to.
CLAUDE_THINKERS = re.compile(r"^claude-[a-z]+-[5-9]")
# These always think, and cannot be made to call a tool.
CLAUDE_ALWAYS_THINKING = re.compile(r"^claude-(opus-5-5|(fable|mythos)-5)")
# This one thinks at least between calls.
CLAUDE_BETWEEN_TOOLS = re.compile(r"^claude-sonnet-5-5")
# The model that comes with the product, which calls tools only with help.
BUNDLED = "smollm2-135m-instruct"
