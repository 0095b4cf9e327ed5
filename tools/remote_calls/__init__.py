"""Calls of tools of servers and APIs: allowed, sent once, logged; by agents, and by hand."""
