"""A socket that is open when its viewer loses the way in closes at once, and a deleted workspace's runs end."""

import time

import pytest
from websockets.sync.client import ClientConnection

from automatos.testing import Stack
from recipes.engine.tasks import sweep
from recipes.models import Execution, ExecutionStatus
from recipes.tests.kit import Cast, ended
from recipes.tests.test_socket import cookie_of, read_to_end, sent_by, until_type, watching
from workspaces.api_keys.services import create_api_key, revoke_api_key
from workspaces.members.services import change_role, remove_member
from workspaces.models import Role, User
from workspaces.scope import tenancy
from workspaces.services import delete_workspace, set_role
from workspaces.tests.account_kit import PASSWORD, sign_in

pytestmark = pytest.mark.slow
NOT_FOUND = 4404
# Seconds, fewer than until the next look by itself (LOOK_AGAIN * LOOKS_PER_CHECK): so it was told, and did not look.
AT_ONCE = 6.0


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def member(cast: Cast) -> User:
    """Someone who may watch."""
    user = User.objects.create_user(f"viewer-{cast.workspace.slug}@example.org")
    set_role(workspace=cast.workspace, user=user, role=Role.VIEWER)
    return user


def seconds_to_close(socket: ClientConnection) -> tuple[float, int]:
    """How long until the server closed it, and with which code."""
    start = time.monotonic()
    _, code = read_to_end(socket)
    return time.monotonic() - start, code


@pytest.mark.parametrize("way", ["session", "key"])
def test_the_socket_of_a_removed_member_closes_and_the_others_stay(stack: Stack, cast: Cast, way: str) -> None:
    viewer = member(cast)
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    key = create_api_key(workspace=cast.workspace, user=viewer, name="T", role="viewer")[1]
    headers = cookie_of(viewer) if way == "session" else {"X-API-Key": key}
    with watching(stack, cast, execution.id, **headers) as theirs, watching(stack, cast, execution.id) as owners:
        until_type(theirs, "step.started")
        with tenancy.workspace_scope(cast.workspace.pk):
            remove_member(workspace=cast.workspace, member_id=viewer.pk, by=Role.OWNER)
        seconds, code = seconds_to_close(theirs)
        assert (code, seconds < AT_ONCE) == (NOT_FOUND, True), seconds
        held.release()
        assert read_to_end(owners)[1] == 1000
    with watching(stack, cast, execution.id, **headers) as again:
        assert read_to_end(again)[1] in (NOT_FOUND, 4401)


def test_the_socket_of_a_revoked_key_closes(stack: Stack, cast: Cast) -> None:
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    key, text = create_api_key(workspace=cast.workspace, user=cast.owner, name="T", role="viewer")
    with watching(stack, cast, execution.id, **{"X-API-Key": text}) as socket:
        until_type(socket, "step.started")
        revoke_api_key(key=key)
        seconds, code = seconds_to_close(socket)
    held.release()
    assert (code, seconds < AT_ONCE) == (NOT_FOUND, True), seconds


def test_a_member_whose_role_changes_goes_on_watching(stack: Stack, cast: Cast) -> None:
    viewer = member(cast)
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    with watching(stack, cast, execution.id, **cookie_of(viewer)) as socket:
        with tenancy.workspace_scope(cast.workspace.pk):
            change_role(workspace=cast.workspace, member_id=viewer.pk, role="editor", by=Role.OWNER)
        held.release()
        assert read_to_end(socket)[1] == 1000


def test_deleting_a_workspace_closes_its_sockets_and_ends_its_runs(stack: Stack, cast: Cast) -> None:
    other = Cast()
    held = stack.models.hold(cast.workspace.slug)
    theirs = stack.models.hold(other.workspace.slug)
    execution, untouched = (one.cook(one.recipe(one.workspace.slug)) for one in (cast, other))
    held.wait_for_requests(1)
    theirs.wait_for_requests(1)
    with watching(stack, cast, execution.id) as socket:
        until_type(socket, "step.started")
        with tenancy.workspace_scope(cast.workspace.pk):
            delete_workspace(workspace=cast.workspace, user=cast.owner)
        seconds, code = seconds_to_close(socket)
        assert (code, seconds < AT_ONCE) == (NOT_FOUND, True), seconds
    # The clock sends it every ten seconds; this stack has none.
    sweep.delay()
    assert ended(execution).status == ExecutionStatus.CANCELLED
    assert Execution.objects.get(pk=untouched.pk).is_live
    theirs.release()
    held.release()
    assert ended(untouched).status == ExecutionStatus.COMPLETED


@pytest.mark.parametrize("how", ["ended", "signed_out", "new_password"])
def test_the_socket_of_a_session_that_ends_closes_and_the_others_stay(stack: Stack, cast: Cast, how: str) -> None:
    viewer = member(cast)
    viewer.set_password(PASSWORD)
    viewer.save()
    laptop, phone = sign_in(viewer), sign_in(viewer)
    held = stack.models.hold(cast.workspace.slug)
    execution = cast.cook(cast.recipe(cast.workspace.slug))
    held.wait_for_requests(1)
    cookies = [sent_by(browser) for browser in (laptop, phone)]
    with (
        watching(stack, cast, execution.id, **cookies[0]) as stays,
        watching(stack, cast, execution.id, **cookies[1]) as goes,
    ):
        until_type(goes, "step.started")
        if how == "ended":
            laptop.post("/accounts/sessions/")
        elif how == "signed_out":
            phone.post("/accounts/logout/")
        else:
            new = {"oldpassword": PASSWORD, "password1": f"{PASSWORD}-2", "password2": f"{PASSWORD}-2"}
            laptop.post("/accounts/password/change/", new)
        seconds, code = seconds_to_close(goes)
        assert (code, seconds < AT_ONCE) == (NOT_FOUND, True), seconds
        held.release()
        if how != "new_password":
            assert read_to_end(stays)[1] == 1000
