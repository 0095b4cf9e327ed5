"""The log of tools: what was called, by whom, what it came to, how long it took and what it cost."""
