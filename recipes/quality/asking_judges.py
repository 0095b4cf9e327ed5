"""Asking judges about runs that are over: through the gate, no run twice unless an answer was lost with its worker."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from automatos.errors import AppError
from automatos.events import Notice
from automatos.llm.errors import ModelError
from automatos.llm.types import ModelReply, ModelRequest
from recipes.models import Execution, RunJudgement
from recipes.quality.assessing import add_events
from recipes.quality.judging import SCHEMA, NotUsable, Question, read_verdict
from workspaces.budgets.gate import Kind, call_model
from workspaces.credentials import provider_keys
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

logger = logging.getLogger(__name__)

SECONDS = 120.0
# An answer that did not come by then was lost with its worker. It is asked for once more, under the same key.
LOST = timedelta(seconds=2 * SECONDS)
MOST_SENDS = 2
BATCH = 20
Status = RunJudgement.Status
DUE = (Status.PENDING, Status.ASKED)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a call of a judge came to. code: of the error, empty for an answer that is of no use."""

    verdict: dict[str, Any] | None = None
    error: str = ""
    code: str = ""
    reply: ModelReply | None = None


def judge_due() -> list[Notice]:
    """Ask about what is due, the oldest first; what to publish."""
    with system_scope(Purpose.UPKEEP):
        late = Q(status=Status.PENDING) | Q(asked_at__lt=timezone.now() - LOST)
        rows = RunJudgement.objects.filter(late, status__in=DUE, workspace__deleted_at=None).order_by("created_at")
        due = list(rows.values_list("workspace_id", "pk")[:BATCH])
    notices = []
    for workspace_id, key in due:
        try:
            notice = _judge(workspace_id, key)
        except Exception:  # one run that cannot be judged keeps no other from it
            logger.exception("Judgement %s could not be made", key)
            continue
        if notice is not None:
            notices.append(notice)
    return notices


def _judge(workspace_id: UUID, key: UUID) -> Notice | None:
    """The intent is committed before the model is asked, so that two workers never ask for the same."""
    with workspace_scope(workspace_id):
        late = Q(status=Status.PENDING) | Q(asked_at__lt=timezone.now() - LOST)
        rows = RunJudgement.objects.select_for_update(of=("self",), skip_locked=True).select_related("execution")
        row = rows.filter(late, status__in=DUE, pk=key).first()
        if row is None:
            return None
        is_lost = row.sends >= MOST_SENDS
        row.status, row.asked_at, row.sends = Status.ASKED, timezone.now(), row.sends + (not is_lost)
        row.save(update_fields=["status", "asked_at", "sends"])
        keys = provider_keys.keys_of(workspace_id)
    lost = Judged(error="Its answers were lost with their workers.")
    return _keep(row, lost if is_lost else ask(workspace_id, row.model, _question(row), keys, idempotency_key=key))


def ask(
    workspace_id: UUID,
    model: str,
    question: Question,
    keys: provider_keys.OwnKeys,
    *,
    idempotency_key: UUID,
    evaluation_id: UUID | None = None,
) -> Judged:
    """One call of a judge through the gate; call it outside of any transaction. evaluation_id: whose budget it is."""
    request = ModelRequest(
        model,
        question.messages,
        max_tokens=2_000,
        temperature=0,
        response_schema=SCHEMA,
        timeout=SECONDS,
        idempotency_key=str(idempotency_key),
    )
    provider = model.partition(":")[0]
    try:
        keys.require(model)
        if provider in keys.keys:
            provider_keys.note_uses([keys.keys[provider]])
        reply = call_model(
            request,
            workspace_id=workspace_id,
            kind=Kind.JUDGE,
            credentials=keys.credentials,
            evaluation_id=evaluation_id,
        )
    except ModelError as error:
        return Judged(error=error.message, code=error.code, reply=error.reply)
    except AppError as error:
        return Judged(error=error.message, code=error.code)
    try:
        return Judged(read_verdict(question, reply.text), reply=reply)
    except NotUsable as error:
        return Judged(error=str(error), reply=reply)


def _question(row: RunJudgement) -> Question:
    text = str((row.execution.output_data or {}).get("final_output", ""))
    return Question(row.goal, row.rubric, row.execution.input_data, text)


def _keep(row: RunJudgement, judged: Judged) -> Notice | None:
    with workspace_scope(row.workspace_id):
        run = Execution.objects.select_for_update(of=("self",), no_key=True).filter(pk=row.execution_id).first()
        if run is None:
            return None
        row.verdict, row.error, row.judged_at = judged.verdict, judged.error, timezone.now()
        row.score = judged.verdict["score"] if judged.verdict else None
        row.status = Status.DONE if judged.verdict else Status.FAILED
        if judged.reply is not None:
            usage = judged.reply.usage
            row.input_tokens, row.output_tokens, row.cost = usage.input_tokens, usage.output_tokens, judged.reply.cost
        row.save()
        told = {"status": row.status, "score": row.score}
        events = add_events(run, [("judge.ready", told)])
        run.save(update_fields=["last_seq"])
        return Notice(run.workspace_id, run.pk, events)
