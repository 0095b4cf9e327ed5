"""A follower of a run that is told to stop while news comes."""

import asyncio

from recipes.live.server_sent import Inbox, _until_news


async def test_a_reader_stops_even_when_text_comes_at_that_moment() -> None:
    inbox: Inbox = asyncio.Queue()
    read = []

    async def follow() -> None:
        async for text in _until_news(inbox, print):
            read.append(text)

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.01)
    inbox.put_nowait({"type": "execution.text", "message": {"text": "a"}})
    following.cancel()
    await asyncio.wait([following], timeout=1)
    assert following.cancelled()
