"""What the stand-in knows: accounts, links, subscriptions, what was asked, and what is to go wrong."""

import re
import secrets
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.composio.testing import shapes
from tools.composio.testing.shapes import Json, now

KEY = "ak_test"


class Refusal(Exception):
    """An error answer. body: as the API writes it."""

    def __init__(self, status: int, message: str, slug: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        inner = {"message": message, "code": 10_000 + status, "slug": slug or f"HTTP_{status}", "status": status}
        self.body: Json = {"error": {**inner, **more}}


@dataclass
class Fault:
    """What happens to the next requests whose path matches. status 0: the answer is as usual, only late."""

    path: str
    status: int = 0
    times: int = 1
    method: str = ""
    retry_after: int = 0
    seconds: float = 0.0
    raw: str | None = None
    after: bool = False  # the work is done first, so that only the answer is lost
    message: str = "injected failure"

    def fits(self, method: str, path: str) -> bool:
        return bool(re.search(self.path, path)) and self.method in ("", method)


@dataclass
class World:
    """Everything, guarded by one lock."""

    toolkits: list[Json] = field(default_factory=lambda: [*shapes.FEW_APPS])
    tools: list[Json] = field(default_factory=lambda: [*shapes.FEW_TOOLS])
    trigger_types: list[Json] = field(default_factory=lambda: [*shapes.FEW_TRIGGERS])
    keys: set[str] = field(default_factory=lambda: {KEY})
    auth_configs: dict[str, Json] = field(default_factory=dict)
    accounts: dict[str, Json] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, Json] = field(default_factory=dict)
    subscriptions: dict[str, Json] = field(default_factory=dict)
    effects: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def next_fault(self, method: str, path: str) -> Fault | None:
        """What is to go wrong with this request."""
        with self.lock:
            for fault in self.faults:
                if fault.fits(method, path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def new_account(self, config: Json, user_id: str, callback: str | None, base: str) -> tuple[Json, str]:
        """An account that a person is to allow, and the token of its link."""
        key, token = "ca_" + secrets.token_hex(8), "lk_" + secrets.token_urlsafe(8)
        self.accounts[key] = {
            "id": key,
            "uuid": str(uuid.uuid4()),
            "user_id": user_id,
            "auth_config_id": config["id"],
            "toolkit": config["toolkit"]["slug"],
            "scheme": config["auth_scheme"],
            "status": "INITIATED",
            "status_reason": None,
            "created_at": now(),
            "updated_at": now(),
            "is_disabled": False,
            "alias": None,
            "word_id": f"{config['toolkit']['slug']}_red-castle",
            "val": {"redirectUrl": f"{base}/s/{token}"},
            "callback": callback,
        }
        self.links[token] = key
        return self.accounts[key], token

    def account_for(self, body: Json, app: str) -> Json:
        """The account a call is made with, as the service finds it."""
        key = body.get("connected_account_id")
        if key:
            account = self.accounts.get(key)
            if account is None:
                raise Refusal(404, f"Connected account {key} not found", "ConnectedAccount_ResourceNotFound")
            if account["user_id"] != body.get("user_id"):
                raise Refusal(400, "User ID does not match the connected account", "ConnectedAccount_EntityIdMismatch")
        else:
            mine = [
                one
                for one in self.accounts.values()
                if (one["user_id"], one["toolkit"], one["status"]) == (body.get("user_id"), app, "ACTIVE")
            ]
            if not mine:
                raise Refusal(
                    400,
                    f"No connected account found for user ID {body.get('user_id')} for toolkit {app}",
                    "ActionExecute_ConnectedAccountNotFound",
                    suggested_fix="Connect the user to the toolkit first",
                )
            account = mine[-1]
        if account["status"] != "ACTIVE":
            raise Refusal(
                422,
                f"Connected account {account['id']} is in {account['status']} state",
                "ConnectedAccount_NotActive",
            )
        return account


def public_account(account: Json) -> Json:
    """An account as the API shows it; its tokens are redacted, as the real service does."""
    names = ("id", "user_id", "status", "status_reason", "created_at", "updated_at", "is_disabled", "alias", "word_id")
    value = {**account["val"], "status": account["status"]}
    return {
        **{name: account[name] for name in names},
        "toolkit": {"slug": account["toolkit"]},
        "auth_config": {
            "id": account["auth_config_id"],
            "auth_scheme": account["scheme"],
            "is_composio_managed": True,
            "is_disabled": False,
        },
        "authScheme": account["scheme"],
        "state": {"authScheme": account["scheme"], "val": value},
        "data": dict(account["val"]),
        "params": {},
        "requested_scopes": [],
        "test_request_endpoint": "",
        "deprecated": {"uuid": account["uuid"], "labels": []},
    }


def in_ten_minutes() -> str:
    """When a link ends."""
    return (datetime.now(UTC) + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")
