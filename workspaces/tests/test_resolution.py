"""Which workspace a request means: every combination of what may name one, and nothing else decides."""

import itertools
from uuid import UUID

import pytest

from automatos.errors import InvalidInput
from workspaces.scope.resolution import resolve

SOURCES = ("header", "query", "bound", "configured", "personal")
DEFAULT = UUID(int=0)
IDS = {name: UUID(int=number) for number, name in enumerate(SOURCES, 1)}
TABLE = [dict(zip(SOURCES, given, strict=True)) for given in itertools.product((True, False), repeat=len(SOURCES))]


def asked(given: dict[str, bool]) -> UUID:
    found = {name: IDS[name] if given[name] else None for name in SOURCES}
    return resolve(
        header=str(found["header"]) if found["header"] else None,
        query=str(found["query"]) if found["query"] else None,
        bound=found["bound"],
        configured=found["configured"],
        personal=lambda: found["personal"],
        default=DEFAULT,
    )


@pytest.mark.parametrize("given", TABLE, ids=lambda given: "+".join(n for n in SOURCES if given[n]) or "nothing")
def test_the_first_that_is_there_decides(given: dict[str, bool]) -> None:
    expected = next((IDS[name] for name in SOURCES if given[name]), DEFAULT)
    assert asked(given) == expected


def test_the_table_is_whole() -> None:
    assert len(TABLE) == 2**5
    assert {asked(given) for given in TABLE} == {DEFAULT, *IDS.values()}


def test_the_personal_workspace_is_looked_up_only_when_it_decides() -> None:
    def personal() -> UUID:
        raise AssertionError("a query nobody needs")

    rest = {"bound": None, "configured": None, "personal": personal, "default": DEFAULT}
    assert resolve(header=str(IDS["header"]), query=None, **rest) == IDS["header"]  # type: ignore[arg-type]
    assert resolve(header=None, query=None, **{**rest, "configured": IDS["configured"]}) == IDS["configured"]  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["", " ", "nonsense", "1", "00000000-0000-0000-0000-00000000000g", "\u0661" * 32 + "x"])
@pytest.mark.parametrize("where", ["header", "query"])
def test_what_is_no_id_is_refused_by_name_whatever_else_there_is(where: str, bad: str) -> None:
    named = {"header": None, "query": None, where: bad}
    with pytest.raises(InvalidInput) as caught:
        resolve(bound=IDS["bound"], configured=IDS["configured"], personal=lambda: None, default=DEFAULT, **named)
    assert list(caught.value.fields) == [{"header": "X-Workspace-ID", "query": "workspace_id"}[where]]


def test_a_bad_header_is_refused_even_beside_a_good_query() -> None:
    with pytest.raises(InvalidInput):
        resolve(
            header="x", query=str(IDS["query"]), bound=None, configured=None, personal=lambda: None, default=DEFAULT
        )
