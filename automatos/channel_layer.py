"""Channels' layer over Redis pub/sub, which also opens a viewer's channel while Redis is away."""

import asyncio
from uuid import uuid4

from channels_redis.pubsub import RedisPubSubChannelLayer


class ChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Messages go to groups only, so a channel is a queue in this process until it joins its first group.

    The layer it is made of subscribes every new channel under its own name as well: a round trip that brings nothing
    here, and refuses a socket whenever Redis cannot be reached.
    """

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A new channel's name, known in this process; its queue goes when its reader is cancelled."""
        layer = self._get_layer()
        name = f"{layer.prefix}{prefix}{uuid4().hex}"
        layer.channels[name] = asyncio.Queue()
        return name
