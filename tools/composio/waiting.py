"""Answers that wait for Composio: given once it spoke, outside of the request's transaction."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection
from django.http import HttpResponse, JsonResponse

from automatos.api import error_body, understood
from automatos.errors import AppError
from automatos.later import LaterResponse
from workspaces.scope.acting import Actor, acting_as

Work = Callable[[], HttpResponse]


async def in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """What a synchronous function gives; its database connection goes back to the pool."""

    def done() -> Any:
        try:
            return work(*arguments)
        finally:
            if not connection.in_atomic_block:
                close_old_connections()

    return await sync_to_async(done)()


def page_answer(actor: Actor, work: Work, otherwise: Callable[[AppError], HttpResponse]) -> LaterResponse:
    """What `work` gives, done as this person in a thread. otherwise: the page for a refusal."""

    def done() -> HttpResponse:
        with acting_as(actor):
            try:
                return work()
            except AppError as refusal:
                return otherwise(refusal)

    return LaterResponse(lambda: in_thread(done))


def api_answer(actor: Actor, work: Work) -> LaterResponse:
    """The same for the API, whose refusals are JSON."""

    def refused(error: Exception) -> HttpResponse:
        known = understood(error)
        answer = JsonResponse(error_body(known), status=known.http_status)
        if known.retry_after is not None:
            answer.headers["Retry-After"] = str(round(known.retry_after))
        return answer

    def done() -> HttpResponse:
        with acting_as(actor):
            try:
                return work()
            except Exception as error:
                return refused(error)

    return LaterResponse(lambda: in_thread(done))
