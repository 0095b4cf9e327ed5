"""The embeddings of OpenAI's API: vectors of texts, by the models the workspace's knowledge is found with."""

import base64
import struct
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.http import HttpResponseBase, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from agents.knowledge.keys import keys_of
from automatos.api import understood
from automatos.errors import wrong_field
from automatos.later import LaterResponse
from automatos.llm import embeddings
from automatos.llm.tokens import estimate_tokens
from recipes.chat.api import BigJsonParser
from recipes.chat.openai_answers import problem
from recipes.chat.openai_api import ModelMissing, OpenAiView, openai_errors
from recipes.chat.openai_shapes import EmbeddingsIn, EmbeddingsOut
from workspaces.scope.tenancy import workspace_scope

# By the names a client may use.
NAMES = {name: full for full in embeddings.MODELS for name in (full, full.partition(":")[2])}
MOST_TEXTS = 256


class Embeddings(OpenAiView):
    """Vectors of texts."""

    needs = {"POST": "executions:run"}
    parser_classes = (BigJsonParser,)

    @extend_schema(
        operation_id="openai_embeddings",
        request=EmbeddingsIn,
        responses={200: EmbeddingsOut, **openai_errors(413, 415, 502)},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """A vector of length 1 for each text of `input`, in their order."""
        model, texts, as_text = read_request(request.data)
        workspace_id = self.workspace.pk
        return LaterResponse(lambda: _answer(workspace_id, model, texts, as_text=as_text))


async def _answer(workspace_id: UUID, model: str, texts: list[str], *, as_text: bool) -> JsonResponse:
    try:
        keys = await database_sync_to_async(_keys)(workspace_id)
        vectors = await sync_to_async(embeddings.embed, thread_sensitive=False)(texts, NAMES[model], keys)
    except Exception as error:
        return problem(understood(error))
    rows = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if as_text else vector}
        for index, vector in enumerate(vectors)
    ]
    tokens = sum(estimate_tokens(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JsonResponse({"object": "list", "data": rows, "model": model, "usage": usage})


def read_request(body: Any) -> tuple[str, list[str], bool]:
    """(model, texts, whether vectors are wanted in base64). Raises AppError naming the parameter and the cure."""
    if not isinstance(body, dict):
        raise wrong_field("input", "Send an object with model and input.")
    model = body.get("model")
    if not isinstance(model, str) or model not in NAMES:
        raise ModelMissing(f"The model {str(model)[:80]!r} does not exist. There are: {', '.join(NAMES)}.")
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not 0 < len(texts) <= MOST_TEXTS:
        raise wrong_field("input", f"input is a text, or a list of 1 to {MOST_TEXTS} texts.")
    for index, text in enumerate(texts):
        if not isinstance(text, str) or not text:
            raise wrong_field(f"input.{index}", "Send texts that are not empty; numbers of tokens are not taken.")
        if len(text) > embeddings.LONGEST:
            raise wrong_field(f"input.{index}", f"A text has at most {embeddings.LONGEST:,} characters.")
    size = embeddings.DIMENSIONS[NAMES[model]]
    if body.get("dimensions") not in (None, size):
        raise wrong_field("dimensions", f"The vectors of {model} have {size} numbers; leave dimensions out.")
    form = body.get("encoding_format")
    if form not in (None, "float", "base64"):
        raise wrong_field("encoding_format", "Use float or base64.")
    return model, texts, form == "base64"


def _keys(workspace_id: UUID) -> Any:
    with workspace_scope(workspace_id):
        return keys_of(workspace_id)


def _packed(vector: Sequence[float]) -> str:
    """Little-endian floats of 32 bits in base64."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
