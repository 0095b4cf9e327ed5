"""A server on loopback that speaks Composio's API v3.1, for tests and measurements.

Its answers are judged by the vendor's client with strict validation (`tools/composio/tests/test_stand_in.py`).
"""

from tools.composio.testing.server import KEY, StandIn, serve

__all__ = ["KEY", "StandIn", "serve"]
