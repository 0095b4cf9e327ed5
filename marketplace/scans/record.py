"""The record of model calls: asked once, answered from here whenever the same is asked again."""

import hashlib
import logging
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from automatos.llm.types import ModelReply, ModelRequest, Usage
from marketplace.models import PluginScanCall
from workspaces.budgets.gate import Kind, call_model
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)


class Record:
    """Answers the calls of one scan."""

    def __init__(self, scan_id: UUID, workspace_id: UUID | None = None) -> None:
        """workspace_id: who had the version scanned, and whose budgets count it; None: the installation."""
        self._scan_id, self._workspace_id = scan_id, workspace_id
        self._asked: Counter[str] = Counter()

    def ask(self, request: ModelRequest) -> ModelReply:
        """The model's reply, from the record if it is there. Raises ModelError or BudgetReached, and is asked again."""
        key = self._key(request)
        if kept := self._intended(key, request.model):
            return kept
        request = replace(request, idempotency_key=key)
        reply = call_model(request, workspace_id=self._workspace_id, kind=Kind.SCAN)
        with system_scope(Purpose.SCAN):
            PluginScanCall.objects.filter(pk=key).update(
                reply=reply.to_json(), cost=reply.cost, answered_at=timezone.now()
            )
        return reply

    def _key(self, request: ModelRequest) -> str:
        """The same question asked once more is another call; after a crash they are numbered alike."""
        asked = key_of(request)
        self._asked[asked] += 1
        count = self._asked[asked]
        return asked if count == 1 else hashlib.sha256(f"{asked}:{count}".encode()).hexdigest()

    def paid(self) -> dict[str, Any]:
        """What this scan itself had to pay, whichever worker asked: input_tokens, output_tokens, cost."""
        with system_scope(Purpose.SCAN):
            rows = PluginScanCall.objects.filter(scan_id=self._scan_id, reply__isnull=False)
            bills = list(rows.values_list("cost", "reply__usage"))
        usage = sum((Usage(**used) for _, used in bills), Usage())
        cost = sum((cost for cost, _ in bills), Decimal(0))
        return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cost": cost}

    def _intended(self, key: str, model: str) -> ModelReply | None:
        """The kept reply; without one, the intent to ask is noted before anything is sent."""
        with system_scope(Purpose.SCAN), transaction.atomic():
            row, is_new = PluginScanCall.objects.get_or_create(
                key=key, defaults={"scan_id": self._scan_id, "model": model}
            )
            if row.reply is not None:
                return ModelReply.from_json(row.reply)
            if not is_new:
                logger.warning("A call of a scan is sent again: its answer was lost with a worker, or it failed.")
                PluginScanCall.objects.filter(pk=key).update(sends=F("sends") + 1)
        return None


def key_of(request: ModelRequest) -> str:
    """SHA-256 over all that decides the answer."""
    asked = replace(request, idempotency_key="", timeout=0.0)
    return hashlib.sha256(orjson.dumps(asked.to_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()
