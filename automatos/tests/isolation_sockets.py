"""Opens every socket as everybody, with their own run's id and with another workspace's."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.db import transaction
from django.test import Client

from automatos.tests.app_role import app_role
from workspaces.models import Role
from workspaces.tests.matrix import HEADER, Ids, World
from workspaces.tests.matrix_rows import Company

SIGN_IN, NOT_FOUND, WHOLE = 4401, 4404, 1000


@dataclass(frozen=True)
class Socket:
    """An address. has_run: whether it leads to the run it names; else nothing is there for anybody."""

    path: str
    has_run: bool

    @property
    def label(self) -> str:
        return f"socket {self.path}"


# Each pattern of recipes.urls.sockets; a test counts them.
SOCKETS = [Socket("/ws/executions/{}/", has_run=True), Socket("/ws/{}/", has_run=False)]
Heard = tuple[int, list[str]]


@async_to_sync
async def talk(path: str, headers: dict[str, str]) -> Heard:
    """The code the socket closes with, and everything it said before."""
    from automatos.asgi import application

    sent = [(name.lower().encode(), value.encode()) for name, value in {"Host": "localhost", **headers}.items()]
    path, _, query = path.partition("?")
    scope = {"type": "websocket", "path": path, "query_string": query.encode(), "headers": sent}
    socket: Any = ApplicationCommunicator(  # type: ignore[no-untyped-call]
        application, {**scope, "client": ["127.0.0.1", 0], "subprotocols": []}
    )
    await socket.send_input({"type": "websocket.connect"})
    said: list[str] = []
    while (told := await socket.receive_output(timeout=60))["type"] != "websocket.close":
        said.append(told.get("text", ""))
    await socket.send_input({"type": "websocket.disconnect", "code": told.get("code", WHOLE)})
    await socket.wait(timeout=60)
    # The first thing said is that the socket is open.
    return told.get("code", WHOLE), said[1:]


def credentials(client: Client, more: str = "") -> dict[str, str]:
    """What a browser or a program with this client's credential sends. more: a further cookie."""
    if key := client.defaults.get("HTTP_X_API_KEY"):
        return {"X-API-Key": key, **({"Cookie": more} if more else {})}
    cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    own = [f"{name}={morsel.value}" for name, morsel in cookies.items()]
    return {"Cookie": "; ".join([*own, more] if more else own), "Origin": "http://localhost"} if own else {}


def everybody_at(world: World, socket: Socket) -> None:
    """All the cases of one address."""
    with transaction.atomic():
        for company in (world.ours, world.theirs):
            # A run that is over is told whole, and then the socket closes.
            row = company.rows["Execution"]
            type(row)._base_manager.filter(pk=row.pk).update(status="completed")
        members(world, socket)
        strangers(world, socket)
        transaction.set_rollback(True)


def members(world: World, socket: Socket) -> None:
    """Each role by session and key: they hear the run; nobody signed in hears nothing."""
    code = WHOLE if socket.has_run else NOT_FOUND
    for role in Role:
        for client in (world.members[role], world.keys[role]):
            said = hear(world, socket, f"{role}", client, world.ids, code, world.theirs)
            if socket.has_run and not said:
                world.wrong.append(f"{socket.label} tells {role} nothing")
    nobody = SIGN_IN if socket.has_run else NOT_FOUND
    hear(world, socket, "anonymous", Client(), world.ids, nobody, world.ours)
    hear(world, socket, "a wrong key", Client(headers={"X-API-Key": "atm_wrong"}), world.ids, nobody, world.ours)


def strangers(world: World, socket: Socket) -> None:
    """Another workspace's run is as good as none, whatever else is named."""
    cases = [(world.outsider, world.ids, world.ours), (world.outside_key, world.ids, world.ours)]
    cases += [(clients[role], world.foreign, world.theirs) for clients in (world.members, world.keys) for role in Role]
    for client, ids, hidden in cases:
        place = ids["Workspace", "pk"]
        for query, headers in (("", {}), (f"?workspace_id={place}", {HEADER: place, "more": f"workspace_id={place}"})):
            hear(world, socket, "a stranger", client, ids, NOT_FOUND, hidden, query, headers)
        hear(world, socket, "a stranger with no id", client, world.unknown, NOT_FOUND, hidden)


def hear(
    world: World,
    socket: Socket,
    who: str,
    client: Client,
    ids: Ids,
    expected: int,
    hidden: Company,
    query: str = "",
    headers: dict[str, str] | None = None,
) -> list[str]:
    """What this client hears; notes another code than expected, and anything of a workspace they may not see."""
    world.requests += 1
    named = dict(headers or {})
    sent = {**credentials(client, named.pop("more", "")), **named}
    with app_role():
        code, said = talk(socket.path.format(ids["Execution", "pk"]) + query, sent)
    if code != expected or (expected != WHOLE and said):
        world.wrong.append(f"{socket.label} as {who}: {code} and not {expected}, {said[:1]}")
    if any(hidden.marker in text for text in said):
        world.leaks.append(f"{socket.label} as {who}: {said}")
    return said
