"""The stand-in is judged by the vendor's client, which here refuses every answer that is not as documented."""

from collections.abc import Iterator
from typing import Any

import composio_client
import pytest

from tools.composio.access import Access
from tools.composio.client import Composio, connected
from tools.composio.problems import ComposioProblem
from tools.composio.testing import KEY, StandIn, serve
from tools.composio.testing.shapes import VERSION
from tools.composio.tests.kit import decide


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with serve() as running:
        yield running


@pytest.fixture
def client(stand_in: StandIn) -> composio_client.Composio:
    return composio_client.Composio(
        auth=composio_client.ProjectAuth(KEY),
        base_url=stand_in.url,
        timeout=10,
        max_retries=0,
        _strict_response_validation=True,
    )


def test_every_answer_has_the_documented_shape(stand_in: StandIn, client: composio_client.Composio) -> None:
    composio = Composio(client)
    assert [app.slug for app in composio.apps()] == ["github", "slack", "jira", "hackernews"]
    assert composio.app("github").name == "GitHub"
    assert len(list(composio.actions("github"))) == 27
    config = composio.auth_config("github", ("OAUTH2",), ("OAUTH2",))
    assert composio.auth_config("github", ("OAUTH2",), ("OAUTH2",)) == config
    link = composio.link(auth_config_id=config, user_id="ws", callback_url="http://127.0.0.1:1/back?state=1")
    open_account = composio.account(link.account_id)
    assert open_account
    assert open_account.is_open
    assert "status=success" in decide(link.url)
    account = composio.account(link.account_id)
    assert account
    assert account.is_active
    assert account.app == "github"
    assert account.user_id == "ws"
    done = client.tools.execute(
        "GITHUB_CREATE_AN_ISSUE",
        user_id="ws",
        connected_account_id=account.id,
        version=VERSION,
        arguments={"owner": "o", "repo": "r", "title": "t"},
    )
    assert done.successful
    assert done.data["number"] == 1347
    assert done.log_id
    kinds = list(composio.trigger_types("github"))
    trigger = composio.add_trigger(kinds[0].slug, account.id, {"owner": "o", "repo": "r"})
    composio.remove_trigger(trigger)
    key, secret = composio.subscribe("https://automatos.example/api/composio/webhook")
    again, other = composio.subscribe("https://automatos.example/api/composio/webhook")
    assert (key, True) == (again, secret != other)
    assert stand_in.secret == other
    composio.remove_account(account.id)
    assert composio.account(account.id) is None


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        ({"status": 503}, "composio_failed", True),
        ({"status": 429, "retry_after": 3}, "composio_busy", True),
        ({"status": 403, "message": "no"}, "composio_failed", False),
        ({"status": 200, "raw": "<html>"}, "composio_failed", False),
        ({"seconds": 3.0}, "composio_slow", True),
    ],
)
def test_each_failure_is_said_in_our_words(
    stand_in: StandIn, fault: dict[str, Any], code: str, retryable: bool
) -> None:
    stand_in.fail("/toolkits", **fault)
    with pytest.raises(ComposioProblem) as raised, connected(Access(KEY, stand_in.url), seconds=1.0) as composio:
        list(composio.apps())
    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert KEY not in raised.value.message


def test_a_wrong_key_and_a_dead_server_are_told_apart(stand_in: StandIn) -> None:
    with pytest.raises(ComposioProblem, match="COMPOSIO_API_KEY"), connected(Access("bad", stand_in.url)) as composio:
        list(composio.apps())
    with pytest.raises(ComposioProblem, match="reached"), connected(Access("bad", "http://127.0.0.1:1")) as composio:
        list(composio.apps())
