"""Requests to addresses that people, models and documents choose."""

from automatos import env, private_hosts

OUTSIDE_PRIVATE_HOSTS = private_hosts.from_env("OUTSIDE_PRIVATE_HOSTS")
GIT_CA_FILE = env.text("GIT_CA_FILE")  # trusted for git servers; without it the system's certificates
# Commands that workspaces may use as MCP servers, by the name they choose one by, each with its arguments.
MCP_COMMANDS = env.named_commands("MCP_COMMANDS")
