"""The cases of the matrix: who asks what, with whose ids, and what must come back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from django.test import Client

from workspaces.models import Role
from workspaces.scope.permissions import RANK
from workspaces.tests.matrix import (
    HEADER,
    REFUSED_ANYWAY,
    Ids,
    World,
    difference,
    expected,
    mixed,
    placeholders,
    settled,
)
from workspaces.tests.matrix_doors import PERSON, STAFF, Door


def everybody_at(world: World, door: Door) -> None:
    """All the cases of one operation or page."""
    if door.role is None:
        outside(world, door)
        return
    anonymous(world, door)
    members(world, door)
    strangers_at(world, door)


def strangers_at(world: World, door: Door, *, ways: bool = True) -> None:
    """The cases in which somebody meets another workspace.

    ways: it is named in the query and a cookie, too, and a refusal is compared with that of no workspace.
    """
    if door.role is None:
        outside(world, door)
        return
    outsiders(world, door, ways=ways)
    other_rows(world, door)
    other_workspace(world, door, ways=ways)
    foreign_keys(world, door)
    same_names(world, door)


def leaks_at(world: World, door: Door) -> None:
    """The same, but nobody looks whether a refusal is like that of a random id: only what is shown and changed."""
    if door.role is None:
        outside(world, door)
        return
    way_in = here(world, door)
    owner, anything = world.members[Role.OWNER], set(range(200, 600))
    answer = world.ask(world.outsider, door, world.ids, headers=way_in)
    world.expect(door, "outsider", answer, anything, world.ours, world.ids)
    other_workspace(world, door, ways=False)
    for place in [*map(door.model_of, door.named), *placeholders(door)]:
        ids = mixed(world.ids, world.foreign, [place])
        answer = world.ask(owner, door, ids, headers=way_in)
        world.expect(door, f"owner with their {place[0]}", answer, anything, world.theirs, ids)
    if door.method == "GET":
        # The door is really open: a member still gets in.
        world.ask(owner, door, world.ids, headers=way_in)


def outside(world: World, door: Door) -> None:
    """What stands outside of workspaces: nobody sees anything of a workspace they do not belong to."""
    if door.audience == PERSON and door.method == "GET" and world.common:
        answer = world.ask(world.keys[Role.OWNER], door, world.ids)
        if str(world.common.pk).encode() in answer.raw:
            world.leaks.append(f"{door.label}: a key shows a workspace that is not its own")
    clients = {"anonymous": Client(), "outsider": world.outsider, "owner": world.members[Role.OWNER]}
    for who, client in clients.items():
        # Of no workspace, anonymous callers have no ids of their own.
        for ids in (world.ids, world.foreign) if door.parameters and who != "anonymous" else (world.ids,):
            answer = world.ask(client, door, ids)
            hidden = world.ours if who == "outsider" else world.theirs
            refused = door.audience in (PERSON, STAFF) and who == "anonymous"
            allowed = {401} if refused else {403} if door.audience == STAFF else {200, 201, 204, 400, 404}
            allowed = allowed | REFUSED_ANYWAY.get(door.name, set())
            # A page may send elsewhere or refuse in its own way; /ready says that there is no worker.
            world.expect(door, who, answer, {*range(200, 500), 503} if door.is_page else allowed, hidden, ids)
    if door.parameters:
        first = world.ask(world.outsider, door, world.ids)
        world.same(door, "outsider", first, world.ask(world.outsider, door, world.unknown))


def anonymous(world: World, door: Door) -> None:
    """Nobody signed in: 401, a page leads to the sign-in."""
    answer = world.ask(Client(raise_request_exception=False), door, world.ids, headers=here(world, door))
    world.expect(door, "anonymous", answer, {302} if door.is_page else {401}, world.ours, world.ids)


def members(world: World, door: Door) -> None:
    """The least role that may, signed in and by a key, and the one below it; a higher role may only do more."""
    needed = least(door)
    cases = [("session", role, world.members[role]) for role in at_and_below(needed)]
    if not door.is_page:
        cases.append(("key", needed, world.keys[needed]))
    for way, role, client in cases:
        answer = world.ask(client, door, world.ids, headers=here(world, door))
        allowed = expected(role, door)
        if way == "key" and door.name in ("workspaces_leave",):
            allowed = {403}
        world.expect(door, f"{role} by {way}", answer, allowed, world.theirs, world.ids)


def least(door: Door) -> Role:
    """The least role that may."""
    assert door.role is not None
    return door.role


def at_and_below(role: Role) -> list[Role]:
    """The role itself and the next lower one, if there is one."""
    return [other for other in Role if RANK[role] - RANK[other] in (0, 1)]


def outsiders(world: World, door: Door, *, ways: bool) -> None:
    """A member of another workspace: 404, byte for byte as if there were no such workspace."""
    clients = {"outsider": world.outsider} if door.is_page else {"outsider": world.outsider, "key": world.outside_key}
    for who, client in clients.items():
        ids = world.ids
        first = world.ask(client, door, ids, headers=named(door, ids))
        world.expect(door, who, first, {404}, world.ours, ids)
        if not ways:
            continue
        nothing = world.ids.unknown()
        world.same(door, who, first, world.ask(client, door, nothing, headers=named(door, nothing)))
        # A key is bound to its workspace, whatever a query or a cookie says.
        if not door.in_path and client is world.outsider:
            answer = world.ask(client, door, ids, query=ids["Workspace", "pk"])
            world.expect(door, f"{who} in the query", answer, {404}, world.ours, ids)
            # Without a workspace named, the caller is in their own, or nowhere: our rows are not there.
            answer = world.ask(client, door, ids, headers={"Cookie": cookies(client, ids)})
            world.expect(door, f"{who} by cookie", answer, set(range(200, 500)), world.ours, ids)


def other_rows(world: World, door: Door) -> None:
    """Our owner with the id of another workspace's row in the address: 404, as if it did not exist.

    The owner, because nothing but the workspace may stand in the way: some of the drafts there are even their own.
    """
    for parameter in door.named:
        place = door.model_of(parameter)
        client = world.members[Role.OWNER]
        theirs = mixed(world.ids, world.foreign, [place])
        nothing = mixed(world.ids, world.unknown, [place])
        first = world.ask(client, door, theirs, headers=here(world, door))
        second = world.ask(client, door, nothing, headers=here(world, door))
        world.expect(door, f"owner with their {place[0]}", first, {404}, world.theirs, theirs)
        world.same(door, f"owner with their {place[0]}", first, second)


def other_workspace(world: World, door: Door, *, ways: bool) -> None:
    """Members who name another workspace in a header, the query or a body: not there, whatever else they name."""
    theirs = world.foreign["Workspace", "pk"]
    header: dict[str, Any] = {"headers": {HEADER: theirs}}
    query: dict[str, Any] = {"query": theirs}
    owner, key = world.members[Role.OWNER], world.keys[Role.OWNER]
    cases = [("owner", owner, world.foreign, header)]
    if not door.is_page:
        cases.append(("key", key, world.foreign, header))
        if ways:
            cases += [("owner", owner, world.ids, header), ("key", key, world.foreign, query)]
    for who, client, ids, more in cases:
        answer = world.ask(client, door, ids, **more)
        allowed: Any = set(range(200, 500)) if door.in_path and ids is world.ids else {404}
        world.expect(door, f"{who} naming theirs", answer, allowed, world.theirs, ids)


# Doors that answer the same whatever ids a body names: one only says what is wrong, one passes over what is not there.
PASSED_OVER = {"recipes_validate": 200, "runs_bulk": 302}


def foreign_keys(world: World, door: Door) -> None:
    """Members with another workspace's id in the body: refused, in the words for an id that does not exist."""
    for place in placeholders(door):
        name = place[0]
        theirs = mixed(world.ids, world.foreign, [place])
        nothing = mixed(world.ids, world.unknown, [place])
        client = world.members[Role.OWNER]
        first = world.ask(client, door, theirs, headers=here(world, door))
        second = world.ask(client, door, nothing, headers=here(world, door))
        refused = {400, 404, 409, 422, PASSED_OVER.get(door.name, 400)}
        world.expect(door, f"owner giving their {name}", first, refused, world.theirs, theirs)
        world.same(door, f"owner giving their {name}", first, second)


# Doors that make something under a name, and what the name is called there.
NAMED = {
    "agents_create": "name",
    "credentials_create": "name",
    "personas_create": "name",
    "recipes_create": "template_id",
}


def same_names(world: World, door: Door) -> None:
    """What another workspace calls its own may be called so here, and nobody learns that it is there too."""
    if door.name not in NAMED:
        return
    word = world.theirs.marker.lower() if NAMED[door.name] == "template_id" else world.theirs.marker
    named_so = replace(door, body={**door.body, NAMED[door.name]: word})
    fresh = replace(door, body={**door.body, NAMED[door.name]: f"leak-{'0' * 10}"})
    client = world.members[Role.OWNER]
    first = world.ask(client, named_so, world.ids, headers=here(world, door))
    second = world.ask(client, fresh, world.ids, headers=here(world, door))
    if (first.status, b'"slug":"%s-2"' % word.lower().encode() in first.raw) != (second.status, False):
        world.wrong.append(f"{door.label} under their name: {first.status} {first.raw[:160]!r}")


def unlike_without_policies(world: World, door: Door, without: Callable[[], AbstractContextManager[None]]) -> bool:
    """Whether a member's answer differs when no policy filters rows: then our own filters leave something to them."""
    found = len(world.wrong)
    clients = [world.members[Role.OWNER]] if door.is_page else [world.keys[Role.OWNER]]
    if door.is_page and door.method == "GET":
        clients.append(world.members[Role.VIEWER])
    for client in clients:
        before = world.ask(client, door, world.ids, headers=here(world, door))
        with without():
            after = world.ask(client, door, world.ids, headers=here(world, door))
        if settled(before) != settled(after):
            parts = difference(settled(before)[1], settled(after)[1])
            world.wrong.append(f"{door.label} is not the same: {before.status}, {after.status}, {parts}")
    return len(world.wrong) > found


def here(world: World, door: Door) -> dict[str, str]:
    """The header that names our workspace, where the address does not."""
    return named(door, world.ids)


def named(door: Door, ids: Ids) -> dict[str, str]:
    """The header that names the workspace of these ids, where the address does not."""
    return {} if door.in_path else {HEADER: ids["Workspace", "pk"]}


def cookies(client: Client, ids: Ids) -> str:
    """The caller's cookies, and ones a product might read a workspace from."""
    own = [f"{name}={morsel.value}" for name, morsel in client.cookies.items()]
    place = ids["Workspace", "pk"]
    return "; ".join([*own, f"workspace={place}", f"workspace_id={place}", f"{HEADER}={place}"])
