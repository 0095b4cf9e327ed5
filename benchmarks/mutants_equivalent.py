"""Mutants that are none: nobody could see a difference. Each with the rule that says so."""

BY_AGENT = "runs with a step of this agent are of the agent's own workspace: the database refuses any other"
BY_ROW = "each row is handed out by the workspace that stands in it"
EQUIVALENTS: dict[str, str] = {
    "recipes.agent_moves.DUE:1:sql": BY_AGENT,
    "recipes.agent_moves._executions:1:sql": BY_AGENT,
    "recipes.agent_status.impact:1:filter": BY_AGENT,
    "workspaces.provider_keys.NEWEST:1:sql": BY_ROW,
}
