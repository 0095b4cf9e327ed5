"""The marketplace: what scans packages, and who approves them."""

from automatos import env

# `provider:model` that reads packages; empty: the default model. The installation pays for it.
SCAN_LLM_MODEL = env.text("SCAN_LLM_MODEL")
# Whether what needs a review takes two moderators: auto means when there are two.
PLUGIN_SECOND_MODERATOR = env.choice("PLUGIN_SECOND_MODERATOR", "auto", ("auto", "always", "never"))
# How many versions a workspace may submit a day; 0: as many as it likes.
PLUGIN_SUBMISSIONS_PER_DAY = env.integer("PLUGIN_SUBMISSIONS_PER_DAY", 20, low=0, high=100_000)
# Whether everybody may read the marketplace at /marketplace/ without signing in; nothing can be changed there.
MARKETPLACE_PUBLIC = env.boolean("MARKETPLACE_PUBLIC", default=False)
# The function of a higher app that names the agents which can have plugins (`marketplace/enabling/holders.py`).
PLUGIN_HOLDERS = "agents.equipment.plugin_holders.holders"
# The object of a higher app that makes agents of plugins' templates (`marketplace/enabling/agent_services.py`).
PLUGIN_AGENTS = "agents.sharing.plugin_agent_services.AGENTS"
# Objects of the apps that own what is shared: they pack it, install it and clean it up.
MARKETPLACE_KINDS = {
    "agent": "agents.sharing.services.AGENTS",
    "recipe": "recipes.sharing.services.RECIPES",
    "skill": "agents.sharing.skill_services.SKILLS",
}
