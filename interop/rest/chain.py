"""The whole chain by the client that openapi-python-client makes: agent, recipe, document, run, events, chat."""

import io
import json
import sys
import time
from typing import Any
from uuid import uuid4

from automatos_client import AuthenticatedClient
from automatos_client import models as m
from automatos_client.api.agents import agents_create
from automatos_client.api.documents import documents_create
from automatos_client.api.executions import executions_events_retrieve, executions_retrieve
from automatos_client.api.v1 import openai_chat_completions
from automatos_client.api.workflow_recipes import recipes_create, recipes_execute
from automatos_client.types import File


def got(answer: Any) -> Any:
    """The parsed body of an answer that is none of an error's."""
    if answer.status_code >= 400 or answer.parsed is None:
        raise SystemExit(f"{answer.status_code}: {answer.content[:500]!r}")
    return answer.parsed


base, key, model, word = sys.argv[1:]
api = AuthenticatedClient(base_url=base, token=key)
provider, _, model_id = model.partition(":")
agent = got(
    agents_create.sync_detailed(
        client=api,
        body=m.NewAgentInRequest.from_dict(
            {
                "name": "Made",
                "description": "Writes.",
                "agent_model_config": {"provider": provider, "model_id": model_id},
            }
        ),
    )
)
steps = [{"agent_id": str(agent.id), "prompt_template": f"{word} about {{input.topic}}"}]
recipe = got(
    recipes_create.sync_detailed(
        client=api,
        body=m.RecipeInRequest.from_dict({"name": "Made", "inputs": {"topic": {"type": "string"}}, "steps": steps}),
    )
)
file = File(payload=io.BytesIO(b"Otters hold hands."), file_name="otters.txt", mime_type="text/plain")
document = got(documents_create.sync_detailed(client=api, body=m.DocumentFileInRequest(file=file)))
body, once = m.ExecuteInRequest.from_dict({"input_data": {"topic": "otters"}}), str(uuid4())
runs = [
    got(recipes_execute.sync_detailed(str(recipe.id), client=api, body=body, idempotency_key=once)) for _ in range(2)
]
run = runs[0].execution_id
while (events := got(executions_events_retrieve.sync_detailed(run, client=api))).is_live:
    time.sleep(0.2)
done = got(executions_retrieve.sync_detailed(run, client=api))
asked = {"model": f"agent:{agent.slug}", "messages": [{"role": "user", "content": word}]}
answer = got(openai_chat_completions.sync_detailed(client=api, body=m.ChatCompletionInRequest.from_dict(asked)))
sys.stdout.write(
    json.dumps(
        {
            "agent": str(agent.id),
            "document": str(document.id),
            "same": runs[0].execution_id == runs[1].execution_id,
            "types": [str(one.type_) for one in events.items],
            "status": str(done.status),
            "answer": answer.choices[0].message.content,
        }
    )
)
