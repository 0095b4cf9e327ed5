"""The test of a model's credential: real calls to a server that does, or does not, what is asked of it."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from automatos.llm.testing.quirks import Answer, Expected, Quirk, QuirkServer, document, refusing, stream, texts
from automatos.llm.testing.quirks_chat import call, calling
from automatos.llm.testing.quirks_errors import PAGES
from automatos.private_hosts import parse
from workspaces.credentials import services
from workspaces.credentials.checks import Result, run_check
from workspaces.credentials.types import seed_credential_types
from workspaces.models import Credential, ModelUsage, User
from workspaces.services import create_workspace

pytestmark = pytest.mark.django_db

ALL = {"text", "stream", "tools", "json", "pictures", "thinking"}


def refuse(words: str) -> Answer:
    return document({"error": {"message": words}}, 400)


def able(body: dict[str, Any], count: int) -> Any:
    """Calls the tool it is offered, keeps to a schema, and thinks aloud."""
    if body.get("tools"):
        answer: Answer = stream(calling(call('{"one": 2, "other": 3}', index=0, id="a")))
    else:
        answer = stream(texts("<think>Easy.</think>", '{"answer": 5}'))
    return answer(body, count)


def has_picture(body: dict[str, Any]) -> bool:
    return any(isinstance(turn["content"], list) for turn in body["messages"])


PLAIN = stream(texts("ready"))
QUIRKS = (
    Quirk("able", able),
    Quirk("no-tools", refusing(lambda body: "tools" in body, refuse("this model does not support tools"), PLAIN)),
    Quirk("blind", refusing(has_picture, refuse("image input is not supported"), able)),
    Quirk("slow-to-stream", document({"choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}]})),
    Quirk("page", document(PAGES, kind="text/html"), Expected()),
)


def trial_of(model: str, settings: Any, **fields: str) -> Result:
    """The test of a stored credential, as the background makes it."""
    seed_credential_types()
    owner = User.objects.create_user(f"{uuid4().hex}@example.org")
    room = create_workspace(name="Trials", owner=owner)
    with QuirkServer(QUIRKS) as server:
        settings.OUTSIDE_PRIVATE_HOSTS = parse([f"127.0.0.1:{server.port}"])
        given = {"base_url": server.url, "api_key": "sk-secret", "test_model": model, **fields}
        own = services.create(workspace=room, user=owner, type_slug="openai_compatible", name="Mine", fields=given)
        Credential.objects.filter(pk=own.pk).update(test_started_at=timezone.now())
        run_check(room.pk, own.pk)
    row = Credential.objects.get(pk=own.pk)
    counted = ModelUsage.objects.filter(workspace=room, kind="trial")
    assert counted.exists() or not row.test_ok
    return Result(row.test_ok, row.test_message, tuple(row.offered), row.test_works)


def test_what_works_is_told(settings: Any) -> None:
    result = trial_of("able", settings)
    assert result.ok is True
    assert dict(result.works) == dict.fromkeys(ALL, True)
    words = "Works: text, streaming, tools, JSON by a schema, pictures, thinking."
    assert result.message == f"127.0.0.1 accepts it. It offers {len(QUIRKS)} models. Tried able. {words}"


@pytest.mark.parametrize(
    ("model", "lacking", "words"),
    [
        ("no-tools", {"tools", "json", "thinking"}, "Does not: tools, JSON by a schema, thinking."),
        ("blind", {"pictures"}, "Does not: pictures."),
        ("slow-to-stream", {"stream", "tools", "json", "thinking"}, "Does not: streaming, tools"),
    ],
)
def test_what_does_not_work_is_told(settings: Any, model: str, lacking: set[str], words: str) -> None:
    result = trial_of(model, settings)
    assert result.ok is True
    assert {name for name, did in result.works.items() if not did} == lacking
    assert words in result.message


def test_without_a_model_to_try_the_first_on_offer_is_tried(settings: Any) -> None:
    assert "Tried able." in (trial_of("", settings)).message


def test_a_model_that_does_not_answer_fails_the_test_in_the_servers_own_words(settings: Any) -> None:
    result = trial_of("page", settings)
    assert result.ok is False
    assert "Mine answered for page with a web page titled “Sign in & go on”" in result.message
    missing = trial_of("nobody", settings)
    assert missing.ok is False
    assert "The model nobody does not exist" in missing.message
