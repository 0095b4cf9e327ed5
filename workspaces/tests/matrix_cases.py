"""The cases of the matrix: who asks what, with whose ids, and what must come back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from django.test import Client

from workspaces.models import Role
from workspaces.tests.matrix import HEADER, Ids, World, difference, expected, mixed, placeholders, settled
from workspaces.tests.matrix_doors import PERSON, Door


def everybody_at(world: World, door: Door) -> None:
    """All the cases of one operation or page."""
    if door.role is None:
        outside(world, door)
        return
    anonymous(world, door)
    members(world, door)
    strangers_at(world, door)


def strangers_at(world: World, door: Door) -> None:
    """The cases in which somebody meets another workspace."""
    if door.role is None:
        outside(world, door)
        return
    outsiders(world, door)
    other_rows(world, door)
    other_workspace(world, door)
    foreign_keys(world, door)
    same_names(world, door)


def outside(world: World, door: Door) -> None:
    """What stands outside of workspaces: nobody sees anything of a workspace they do not belong to."""
    if door.audience == PERSON and door.method == "GET" and world.common:
        answer = world.ask(world.keys[Role.OWNER], door, world.ids)
        if str(world.common.pk).encode() in answer.raw:
            world.leaks.append(f"{door.label}: a key shows a workspace that is not its own")
    clients = {"anonymous": Client(), "outsider": world.outsider, "owner": world.members[Role.OWNER]}
    for who, client in clients.items():
        for ids in (world.ids, world.foreign):
            answer = world.ask(client, door, ids)
            hidden = world.ours if who == "outsider" else world.theirs
            refused = door.audience == PERSON and who == "anonymous"
            allowed = {401} if refused else {200, 201, 204, 400, 404}
            world.expect(door, who, answer, allowed, hidden, ids)


def anonymous(world: World, door: Door) -> None:
    """Nobody signed in: 401, a page leads to the sign-in."""
    answer = world.ask(Client(raise_request_exception=False), door, world.ids, headers=here(world, door))
    world.expect(door, "anonymous", answer, {302} if door.is_page else {401}, world.ours, world.ids)


def members(world: World, door: Door) -> None:
    """Each role, signed in and by a key."""
    ways = {"session": world.members} if door.is_page else {"session": world.members, "key": world.keys}
    for way, clients in ways.items():
        for role, client in clients.items():
            answer = world.ask(client, door, world.ids, headers=here(world, door))
            allowed = expected(role, door)
            if way == "key" and door.name in ("workspaces_leave",):
                allowed = {403}
            world.expect(door, f"{role} by {way}", answer, allowed, world.theirs, world.ids)


def outsiders(world: World, door: Door) -> None:
    """A member of another workspace: 404, byte for byte as if there were no such workspace."""
    clients = {"outsider": world.outsider} if door.is_page else {"outsider": world.outsider, "key": world.outside_key}
    for who, client in clients.items():
        ids = Ids(world.ids)
        nothing = world.ids.unknown()
        first = world.ask(client, door, ids, headers=named(door, ids))
        second = world.ask(client, door, nothing, headers=named(door, nothing))
        world.expect(door, who, first, {404}, world.ours, ids)
        world.same(door, who, first, second)
        if not door.in_path:
            answer = world.ask(client, door, ids, query=ids["Workspace", "pk"])
            world.expect(door, f"{who} in the query", answer, {404}, world.ours, ids)
            # Without a workspace named, the caller is in their own, or nowhere: our rows are not there.
            answer = world.ask(client, door, ids, headers={"Cookie": cookies(client, ids)})
            world.expect(door, f"{who} by cookie", answer, set(range(200, 500)), world.ours, ids)


def other_rows(world: World, door: Door) -> None:
    """Members with the id of another workspace's row in the address: 404, as if it did not exist."""
    for parameter in door.named:
        place = door.model_of(parameter)
        for role in (Role.OWNER, Role.VIEWER):
            client = world.members[role]
            theirs = mixed(world.ids, world.foreign, [place])
            nothing = mixed(world.ids, world.unknown, [place])
            first = world.ask(client, door, theirs, headers=here(world, door))
            second = world.ask(client, door, nothing, headers=here(world, door))
            allowed = {404} if 403 not in expected(role, door) else {403, 404}
            world.expect(door, f"{role} with their {place[0]}", first, allowed, world.theirs, theirs)
            world.same(door, f"{role} with their {place[0]}", first, second)


def other_workspace(world: World, door: Door) -> None:
    """Members who name another workspace in a header, the query or a body: not there, whatever else they name."""
    theirs = world.foreign["Workspace", "pk"]
    for client, who in ((world.members[Role.OWNER], "owner"), (world.keys[Role.OWNER], "key")):
        if door.is_page and who == "key":
            continue
        for ids in (world.foreign,) if door.is_page else (world.ids, world.foreign):
            for more in ({"headers": {HEADER: theirs}}, {"query": theirs}):
                answer = world.ask(client, door, ids, **more)
                allowed: Any = set(range(200, 500)) if door.in_path and ids is world.ids else {404}
                world.expect(door, f"{who} naming theirs", answer, allowed, world.theirs, ids)


def foreign_keys(world: World, door: Door) -> None:
    """Members with another workspace's id in the body: refused, in the words for an id that does not exist."""
    for name in placeholders(door):
        place = (name, "pk")
        theirs = mixed(world.ids, world.foreign, [place])
        nothing = mixed(world.ids, world.unknown, [place])
        client = world.members[Role.OWNER]
        first = world.ask(client, door, theirs, headers=here(world, door))
        second = world.ask(client, door, nothing, headers=here(world, door))
        world.expect(door, f"owner giving their {name}", first, {400, 404, 409, 422}, world.theirs, theirs)
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
    """Whether the owner's answer differs when no policy filters rows: then our own filters leave something to them."""
    client = world.keys[Role.OWNER] if not door.is_page else world.members[Role.OWNER]
    before = world.ask(client, door, world.ids, headers=here(world, door))
    with without():
        after = world.ask(client, door, world.ids, headers=here(world, door))
    if settled(before) == settled(after):
        return False
    world.wrong.append(f"{door.label} is not the same: {difference(settled(before)[1], settled(after)[1])}")
    return True


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
