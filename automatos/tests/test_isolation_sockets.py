"""Nobody hears a run of a workspace they do not belong to: every socket, everybody, every id, and one wall alone."""

import pytest

from automatos.tests.isolation_report import Report
from automatos.tests.isolation_sockets import SOCKETS, everybody_at
from recipes.urls import sockets
from workspaces.tests.matrix import World
from workspaces.tests.matrix_filters import drop_filters, drop_policies

pytestmark = pytest.mark.django_db


def test_every_socket_is_tried() -> None:
    assert len(sockets) == len(SOCKETS), "add the new socket to SOCKETS, and think of who may not open it"


@pytest.mark.parametrize("walls", ["both walls", "no policies", "no filters"])
def test_nobody_reaches_another_workspace_by_any_socket(
    world: World, walls: str, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    if walls == "no policies":
        drop_policies(monkeypatch)
    if walls == "no filters":
        drop_filters(monkeypatch)
    for socket in SOCKETS:
        everybody_at(world, socket)
    report(world, f"sockets, {walls}", len(SOCKETS))
    assert walls == "no filters" or not world.wrong, "\n".join(world.wrong)
