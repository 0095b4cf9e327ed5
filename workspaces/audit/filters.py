"""What of the audit log an address asks for, at the API and on the page."""

from collections.abc import Mapping
from datetime import UTC, date, tzinfo

from automatos.checking import Problems
from automatos.ids import as_uuid
from automatos.listing import LONGEST_SEARCH
from workspaces.audit.queries import GROUPS, NOBODY, Filters

NAMES = ("actor", "group", "target_type", "since", "until", "search")


def filters_of(query: Mapping[str, str], zone: tzinfo = UTC) -> Filters:
    """The filters in an address, their days in this zone; InvalidInput naming each that cannot be read."""
    given = {name: str(query.get(name, "")).replace("\x00", "").strip() for name in NAMES}
    problems = Problems()
    if given["group"]:
        problems.choice("group", given["group"], GROUPS)
    if len(given["search"]) > LONGEST_SEARCH:
        problems.add("search", f"Use at most {LONGEST_SEARCH} characters.")
    if given["actor"] and given["actor"] not in NOBODY and as_uuid(given["actor"]) is None:
        problems.add("actor", "Use a person's id, system or command.")
    days = {name: _day(given[name]) for name in ("since", "until")}
    for name, day in days.items():
        if given[name] and day is None:
            problems.add(name, "Use a day such as 2026-03-31.")
    problems.raise_any()
    return Filters(
        actor=given["actor"],
        group=given["group"],
        target=given["target_type"][:40],
        since=days["since"],
        until=days["until"],
        search=given["search"],
        zone=zone,
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 <= found.year <= 9000 else None
