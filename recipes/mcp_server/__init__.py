"""Automatos as an MCP server: what other programs' models may do with a workspace's recipes, runs and agents."""
