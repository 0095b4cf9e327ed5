"""http_request: any HTTP request to a public host, with a credential if one is named."""

import json

from yarl import URL

from automatos import outside
from automatos.outside import targets
from tools.builtin.http_credential import HttpCredential, from_fields
from tools.builtin.web_fetch import readable
from tools.contract import (
    Arguments,
    Effects,
    Tool,
    ToolContext,
    ToolProblem,
    ToolResult,
    always,
    object_schema,
    page_of,
)

LIMITS = outside.Limits(seconds=30.0, max_bytes=5_000_000)
LOOKING = ("GET", "HEAD", "OPTIONS")
SHOWN_HEADERS = ("content-type", "location", "link", "etag", "last-modified", "retry-after", "date", "x-request-id")
MOST_QUERY = 50


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Send the request. Whatever comes back or goes wrong is told without the credential."""
    credential = await _credential(arguments, context)
    try:
        answer = await _sent(arguments, credential)
        head, text = await _told(answer)
    except outside.OutsideError as error:
        raise ToolProblem(_hidden(error.message, credential), retryable=error.retryable) from None
    # Hidden first, then cut: half of a secret at a page's edge would not be recognised.
    page = page_of(_hidden(text, credential), arguments.get("offset", 0))
    return ToolResult(
        f"{_hidden(head, credential)}\n\n{page}",
        is_error=answer.status >= 400,
        origin=f"answer of {URL(answer.url).host}",
        retryable=answer.status in (408, 429) or answer.status >= 500,
    )


async def _credential(arguments: Arguments, context: ToolContext) -> HttpCredential | None:
    if "credential" not in arguments:
        return None
    if context.credential is None:
        raise ToolProblem("No credentials are offered here.")
    return from_fields(await context.credential(arguments["credential"]))


async def _sent(arguments: Arguments, credential: HttpCredential | None) -> outside.Answer:
    url = targets.parse_url(arguments["url"]).update_query(arguments.get("query", {}))
    body, headers = _body(arguments)
    secrets: dict[str, str] = {}
    if credential:
        credential.check(url)
        taken = {name.lower() for name in credential.headers} & {name.lower() for name in headers}
        if taken:
            raise ToolProblem(f"The credential sets the header {', '.join(taken)}; leave it out.")
        secrets = dict(credential.headers)
    return await outside.request(
        arguments["method"], str(url), headers=headers, secrets=secrets, body=body, limits=LIMITS
    )


def _body(arguments: Arguments) -> tuple[bytes | None, dict[str, str]]:
    headers = dict(arguments.get("headers", {}))
    if "json" in arguments and "body" in arguments:
        raise ToolProblem("Give either json or body, and not both.")
    if "json" not in arguments and "body" not in arguments:
        return None, headers
    if arguments["method"] in LOOKING:
        raise ToolProblem(f"{arguments['method']} carries no body. Use query, or another method.")
    if "json" in arguments:
        kind, text = "application/json", json.dumps(arguments["json"], ensure_ascii=False)
    else:
        kind, text = "text/plain; charset=utf-8", arguments["body"]
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    return text.encode(), headers


async def _told(answer: outside.Answer) -> tuple[str, str]:
    """Status and headers, and the body as text."""
    shown = [f"{name}: {answer.headers[name][:300]}" for name in SHOWN_HEADERS if name in answer.headers]
    head = "\n".join([f"Status {answer.status}", *shown])
    if b"\x00" in answer.content[:4000] and not answer.content.startswith(b"%PDF-"):
        return head, f"[{len(answer.content):,} bytes that are not text.]"
    return head, (await readable(answer)).text


def _hidden(text: str, credential: HttpCredential | None) -> str:
    return credential.hide(text) if credential else text


def _effects(arguments: Arguments) -> Effects:
    return "reads" if arguments.get("method") in LOOKING and "credential" not in arguments else "outside"


def _sends(arguments: Arguments) -> str:
    """The address, with what is put beside it: a parameter or a header carries as much as the address does."""
    beside = {name: arguments[name] for name in ("query", "headers") if arguments.get(name)}
    return (
        f"{arguments.get('url', '')} {json.dumps(beside, ensure_ascii=False)}"
        if beside
        else str(arguments.get("url", ""))
    )


TEXTS = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 4000}}
TOOL = Tool(
    name="http_request",
    title="HTTP request",
    description=(
        "Send an HTTP request to a public host, for example to a REST API. Name a credential by its id to sign in; "
        "it is sent to its own host only, and you never see its value."
    ),
    schema=object_schema(
        {
            "method": {"type": "string", "enum": list(outside.METHODS)},
            "url": {"type": "string", "minLength": 8, "maxLength": 8000, "description": "The full address."},
            "query": {**TEXTS, "maxProperties": MOST_QUERY, "description": "Parameters to add to the address."},
            "headers": {**TEXTS, "maxProperties": 30, "description": "Further headers; never put secrets here."},
            "json": {
                "type": ["object", "array", "string", "number", "boolean", "null"],
                "description": "A body that is sent as JSON.",
            },
            "body": {"type": "string", "maxLength": 200_000, "description": "Or a body of any other text."},
            "credential": {"type": "string", "minLength": 1, "maxLength": 100, "description": "A credential's id."},
            "offset": {"type": "integer", "minimum": 0, "description": "Go on reading a long answer from here."},
        },
        ["method", "url"],
    ),
    effects="outside",
    run=run,
    seconds=60.0,
    quotes=always,
    effects_by=_effects,
    sends_by=_sends,
)
