"""Requests to addresses that people, models and documents choose."""

from automatos import env, private_hosts

OUTSIDE_PRIVATE_HOSTS = private_hosts.from_env("OUTSIDE_PRIVATE_HOSTS")
GIT_CA_FILE = env.text("GIT_CA_FILE")  # trusted for git servers; without it the system's certificates
# Commands that workspaces may use as MCP servers, by the name they choose one by, each with its arguments. The usual
# one comes with the product, and says what time it is.
MCP_COMMANDS = env.named_commands("MCP_COMMANDS", "time=mcp-server-time --local-timezone UTC")
