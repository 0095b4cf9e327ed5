"""What passes between those who want something of an MCP server and the visit that gets it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from automatos.errors import AppError
from tools.contract import Onlookers, Schema

CONNECT_SECONDS, LIST_SECONDS, CALL_SECONDS = 15.0, 30.0, 60.0
# What a server's questions to people may add to a call.
PERSON_SECONDS = 900.0
MOST_BYTES = 10_000_000  # of one answer
MOST_PAGES, MOST_TOOLS = 20, 200
LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is. headers: sent with each request, its credential among them."""

    transport: str
    url: str = ""
    command: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Watched:
    """Who is asked and told while a call is under way. server: as this workspace calls it."""

    server: str
    onlookers: Onlookers


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server says of itself. documents: of its tools, by name; notes: what cannot be used, and why."""

    protocol: str
    title: str
    version: str
    documents: Mapping[str, Schema]
    notes: tuple[str, ...] = ()


class McpProblem(AppError):
    """The visit came to nothing. is_silence: no answer came, or none that is one.

    is_uncertain: a call had been sent before that.
    wants: the scopes that the token would have to have besides.
    """

    code = "mcp_failed"
    http_status = 502

    def __init__(self, message: str, *, is_silence: bool = False, retryable: bool = False, wants: str = "") -> None:
        super().__init__(message[:LONGEST_MESSAGE])
        self.wants = wants
        self.is_silence, self.is_uncertain = is_silence, False
        self.retryable = retryable


class Changed(AppError):
    """The tool is not the one that was accepted. document: as it is now; None: there is none of that name."""

    code = "mcp_tool_changed"
    http_status = 409

    def __init__(self, document: Schema | None) -> None:
        super().__init__("The server changed this tool; a person has to look at it first, under MCP servers.")
        self.document = document
