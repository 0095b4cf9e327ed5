"""Reads of the marketplace's list: what can be had, narrowed, searched by words and meaning, and ordered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet, UUIDField, Value

from automatos.llm import embeddings
from marketplace.models import Entry, PluginCategory, Publisher, Verdict
from workspaces.models import Workspace

SORTS = {"installs": "Most installed", "newest": "Newest", "rating": "Best rated"}
RELEVANCE = "relevance"
ORDERS: dict[str, tuple[str, ...]] = {
    "installs": ("-installs", "-changed_at", "id"),
    "newest": ("-changed_at", "id"),
    "rating": ("-rating", "-rating_count", "id"),
}
# What can be had was approved: by a safe scan, or by people who gave their reason.
VERDICTS = {Verdict.SAFE.value: "Safe", Verdict.REVIEW_REQUIRED.value: "Approved with a reason"}
# Narrowings by what a listing may do: name in the address, words, what must not be among its `reach`.
ONLY: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "text": ("Text only", "file-text", ()),
    "no-hosts": ("Reaches no host", "globe", ("host",)),
    "no-hooks": ("No hooks", "webhook", ("hook",)),
    "no-servers": ("No MCP server", "server", ("mcp_server",)),
    "signed": ("Signed", "badge-check", ()),
}
LONGEST_QUERY = 300
# Cosine distance beyond which two texts have nothing to do with each other, for the encoder of this machine.
FARTHEST = 0.62


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; empty means everything. category, publisher: slugs. only: keys of ONLY."""

    category: str = ""
    publisher: str = ""
    verdict: str = ""
    only: Sequence[str] = field(default_factory=tuple)

    def without(self, name: str) -> "Filters":
        """The same with one of `only` left out, or the filter of this name."""
        values = {"category": self.category, "publisher": self.publisher, "verdict": self.verdict}
        values |= {name: ""} if name in values else {}
        return Filters(**values, only=[one for one in self.only if one != name])

    @property
    def narrows(self) -> bool:
        return bool(self.category or self.publisher or self.verdict or self.only)


def search(
    kind: str = "", words: str = "", filters: Filters = Filters(), sort: str = "", workspace: Workspace | None = None
) -> QuerySet[Entry]:
    """Public listings, in order. kind: one of `Entry.Kind`, or all. sort: a key of SORTS; empty: what fits best first,
    without words the most installed. workspace: its own listings too, although they are not public.
    """
    seen = Q(is_public=True) | Q(workspace=workspace) if workspace else Q(is_public=True)
    rows = Entry.objects.filter(seen).select_related("publisher", "key").defer("words", "embedding")
    if kind:
        rows = rows.filter(kind=kind)
    rows = _narrowed(rows, filters)
    if text := words.replace("\x00", " ").strip()[:LONGEST_QUERY]:
        places = _found(text)
        rows = rows.filter(pk__in=places)
        if not sort:
            order = Value(places, output_field=ArrayField(UUIDField()))
            return rows.order_by(Func(order, F("id"), function="array_position"), "id")
    return rows.order_by(*ORDERS[sort or "installs"])


def _narrowed(rows: QuerySet[Entry], filters: Filters) -> QuerySet[Entry]:
    if filters.category:
        rows = rows.filter(category=filters.category)
    if filters.publisher:
        rows = rows.filter(publisher__slug=filters.publisher)
    if filters.verdict:
        rows = rows.filter(verdict=filters.verdict)
    for name in filters.only:
        _, _, without = ONLY[name]
        if name == "text":
            rows = rows.filter(reach=[])
        elif name == "signed":
            rows = rows.filter(key__isnull=False, key__revoked_at__isnull=True)
        else:
            rows = rows.exclude(reach__overlap=list(without))
    return rows


def named(text: str, most: int) -> list[Entry]:
    """Listings with these words, or words that begin so; for a search while somebody types."""
    places = _found(text[:LONGEST_QUERY], meaning=False)[:most]
    rows = {row.pk: row for row in Entry.objects.filter(pk__in=places).only("name", "slug", "kind", "version")}
    return [rows[pk] for pk in places if pk in rows]


def _found(text: str, *, meaning: bool = True) -> list[UUID]:
    """Ids of what fits, best first."""
    vector = _vector(text) if meaning else None
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM automatos_find_entries(%s, %s::halfvec, %s)", [text, vector, FARTHEST])
        return [row[0] for row in cursor.fetchall()]


@lru_cache(maxsize=512)
def _vector(text: str) -> str:
    """The vector of a question; people page through what they asked, so it is kept."""
    return str(embeddings.embed([text], embeddings.LOCAL)[0])


def kind_counts() -> dict[str, int]:
    """How many public listings there are of each kind that there is."""
    rows = Entry.objects.filter(is_public=True).order_by().values("kind").annotate(number=Count("*"))
    return {row["kind"]: row["number"] for row in rows}


def featured() -> list[Entry]:
    """What the moderators chose, the latest first; three at most."""
    rows = Entry.objects.filter(is_public=True, is_featured=True).select_related("publisher", "key")
    return list(rows.defer("words", "embedding").order_by("-changed_at")[:3])


def categories() -> dict[str, str]:
    """Names of the categories by slug."""
    return dict(PluginCategory.objects.order_by("position").values_list("slug", "name"))


def publishers() -> list[tuple[str, str]]:
    """Slug and name of those who publish something, by name; the first hundred."""
    rows = Publisher.objects.filter(is_public=True).order_by(F("is_system").desc(), "name")
    return list(rows.values_list("slug", "name")[:100])


def entry_of(kind: str, object_id: UUID) -> Entry | None:
    """The row of one listing."""
    return Entry.objects.filter(kind=kind, object_id=object_id).defer("words", "embedding").first()
