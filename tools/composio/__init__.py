"""Apps through Composio: their catalogue, a workspace's connections, calls, and the messages that come back.

The vendor's client is used in `sdk.py` alone. It is the one the big SDK stands on, without that one's telemetry.
"""
