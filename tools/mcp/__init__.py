"""MCP servers of a workspace: how they are asked, read and kept."""
