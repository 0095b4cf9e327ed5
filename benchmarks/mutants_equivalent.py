"""Mutants that are none: nobody could see a difference. Each with the rule that says so."""

BY_AGENT = "runs with a step of this agent are of the agent's own workspace: the database refuses any other"
BY_ID = "the row is asked for by its id as well, and the workspace is the one that was read from this row"
BY_DOCUMENT = "only this workspace's documents are inside, and the database refuses them passages of another one"
OUTSIDE = "it only leaves out more: passages of other workspaces, which the condition around it leaves out anyway"
LOOKED_UP = "each caller looks the skill up in the workspace itself, in the same transaction: else all is taken back"
EQUIVALENTS: dict[str, str] = {
    "agents.knowledge.search._nearest_chunks:1:sql": BY_DOCUMENT,
    "agents.knowledge.search._nearest_chunks:2:sql": OUTSIDE,
    "agents.personas.services._own:1:filter": BY_ID,
    "agents.skills.services.enable_skill:1:filter": LOOKED_UP,
    "recipes.engine.agent_moves.DUE:1:sql": BY_AGENT,
    "recipes.engine.agent_moves._executions:1:sql": BY_AGENT,
    "recipes.crew.services.impact:1:filter": BY_AGENT,
}
