"""Signing in at MCP servers with OAuth 2.1: found out, allowed by a person, kept sealed, refreshed."""
