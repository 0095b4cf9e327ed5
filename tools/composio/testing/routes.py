"""The stand-in's answers to each request of the API."""

import base64
import json
import secrets
import uuid
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from tools.composio.testing.shapes import OLD_VERSION, VERSION, Json, now
from tools.composio.testing.world import Refusal, World, in_ten_minutes, public_account

API = "/api/v3.1"
Query = dict[str, list[str]]
Answer = tuple[int, Any]


@dataclass(frozen=True)
class Request:
    """One request. base: the server's own address. rest: the parts of its path after the first."""

    method: str
    path: str
    query: Query
    body: Json
    base: str
    rest: list[str] = field(default_factory=list)


def answer(world: World, request: Request) -> Answer:
    """Status and body of one request."""
    refused = Refusal(404, f"Cannot {request.method} {request.path}", "Route_NotFound")
    if not request.path.startswith(API):
        raise refused
    parts = [unquote(part) for part in request.path[len(API) :].strip("/").split("/")]
    routes = {
        "toolkits": _toolkits,
        "tools": _tools,
        "auth_configs": _auth_configs,
        "connected_accounts": _accounts,
        "triggers_types": _trigger_types,
        "trigger_instances": _triggers,
        "webhook_subscriptions": _subscriptions,
    }
    route = routes.get(parts[0])
    found = route(world, replace(request, rest=parts[1:])) if route else None
    if found is None:
        raise refused
    return found


def _page(items: list[Json], query: Query, usual: int = 20) -> Json:
    limit, number = int(float(query.get("limit", [str(usual)])[0])), 1
    if "cursor" in query:
        try:
            number, limit = json.loads(base64.b64decode(query["cursor"][0]))
        except ValueError:
            raise Refusal(400, "Invalid cursor", "Cursor_Invalid") from None
    pages = max(1, -(-len(items) // limit))
    following = base64.b64encode(json.dumps([number + 1, limit]).encode()).decode() if number < pages else None
    return {
        "items": items[(number - 1) * limit : number * limit],
        "next_cursor": following,
        "total_pages": pages,
        "current_page": number,
        "total_items": len(items),
    }


def _words(query: Query, name: str) -> list[str]:
    return [word for raw in query.get(name, []) for word in raw.split(",") if word]


def _one(items: dict[str, Json], key: str, what: str, slug: str) -> Json:
    if key not in items:
        raise Refusal(404, f"{what} {key} not found", slug)
    return items[key]


def _toolkits(world: World, request: Request) -> Answer | None:
    method, rest, query = request.method, request.rest, request.query
    if method != "GET":
        return None
    if not rest:
        return 200, _page(world.toolkits, query)
    found = next((one for one in world.toolkits if one["slug"] == rest[0].lower()), None)
    if found is None:
        raise Refusal(404, f"Toolkit with slug {rest[0]} not found", "Toolkit_ToolkitNotFound")
    names = ("slug", "name", "type", "is_local_toolkit", "composio_managed_auth_schemes")
    details = [
        {
            "mode": scheme,
            "name": scheme.lower(),
            "required_scopes": [],
            "proxy": {"base_url": f"https://api.{rest[0]}.example"},
            "fields": {
                "auth_config_creation": {"required": [], "optional": []},
                "connected_account_initiation": {"required": [], "optional": []},
            },
        }
        for scheme in found["auth_schemes"]
    ]
    categories = [{"slug": one["id"], "name": one["name"]} for one in found["meta"]["categories"]]
    return 200, {
        **{name: found[name] for name in names},
        "enabled": True,
        "meta": {**found["meta"], "available_versions": [OLD_VERSION, VERSION], "categories": categories},
        "auth_config_details": details,
        "composio_managed_auth": [],
        "deprecated": {**found["deprecated"], "rawProxyInfoByAuthSchemes": []},
        "base_url": f"https://api.{rest[0]}.example",
    }


def _tools(world: World, request: Request) -> Answer | None:
    method, rest, query, body = request.method, request.rest, request.query, request.body
    if method == "GET" and not rest:
        apps = [slug.lower() for slug in _words(query, "toolkit_slug")]
        return 200, _page([one for one in world.tools if not apps or one["toolkit"]["slug"] in apps], query)
    slug = rest[-1] if rest else ""
    found = next((one for one in world.tools if one["slug"] == slug), None)
    if found is None:
        raise Refusal(404, f"Tool {slug} not found", "Tool_ToolNotFound")
    if method == "GET":
        return 200, found
    if method == "POST" and rest[0] == "execute":
        return 200, _executed(world, found, body)
    return None


def _executed(world: World, tool: Json, body: Json) -> Json:
    """A made-up effect; what a tool itself fails at is an answer with status 200."""
    version = body.get("version")
    if version and version != "latest" and version not in tool["available_versions"]:
        raise Refusal(400, f"Version {version} of {tool['slug']} not found", "Tool_VersionNotFound")
    arguments = body.get("arguments") or {}
    missing = [name for name in tool["input_parameters"]["required"] if name not in arguments]
    if missing:
        raise Refusal(
            400,
            "Validation error while processing request",
            "Tool_InvalidArguments",
            errors=[f"arguments.{name}: Required" for name in missing],
            suggested_fix="Please check the payload.",
        )
    account = None if tool["no_auth"] else world.account_for(body, tool["toolkit"]["slug"])
    world.effects.append({"tool": tool["slug"], "arguments": arguments, "account": account and account["id"]})
    error = None
    data: Json = {"echo": arguments}
    if tool["slug"] == "GITHUB_CREATE_AN_ISSUE":
        url = f"https://github.example/{arguments['owner']}/{arguments['repo']}/issues/1347"
        data = {"number": 1347, "html_url": url, "title": arguments["title"], "state": "open"}
    elif arguments.get("channel") == "missing":
        data, error = {"http_error": "channel_not_found"}, "channel_not_found"
    return {
        "data": data,
        "error": error,
        "successful": error is None,
        "log_id": "log_" + secrets.token_hex(6),
        "session_info": None,
    }


def _auth_configs(world: World, request: Request) -> Answer | None:
    method, rest, query, body = request.method, request.rest, request.query, request.body
    if method == "GET" and not rest:
        apps = _words(query, "toolkit_slug")
        found = [one for one in world.auth_configs.values() if not apps or one["toolkit"]["slug"] in apps]
        return 200, _page(found, query)
    if method != "POST" or rest:
        return None
    app, wanted = body["toolkit"]["slug"].lower(), body.get("auth_config") or {"type": "use_composio_managed_auth"}
    kit = next((one for one in world.toolkits if one["slug"] == app), None)
    if kit is None:
        raise Refusal(404, f"Toolkit {app} not found", "Toolkit_ToolkitNotFound")
    is_managed = wanted["type"] == "use_composio_managed_auth"
    scheme = (kit["composio_managed_auth_schemes"] or [""])[0] if is_managed else wanted.get("authScheme")
    if not scheme:
        raise Refusal(400, f"Default auth config not found for toolkit {app}", "Auth_Config_DefaultAuthConfigNotFound")
    key = "ac_" + secrets.token_hex(6)
    world.auth_configs[key] = {
        "id": key,
        "uuid": str(uuid.uuid4()),
        "name": f"{app}-{key[-4:]}",
        "toolkit": {"slug": app, "logo": ""},
        "auth_scheme": scheme,
        "is_composio_managed": is_managed,
        "type": "default" if is_managed else "custom",
        "status": "ENABLED",
        "no_of_connections": 0,
        "tool_access_config": {"tools_for_connected_account_creation": []},
        "credentials": {},
        "created_at": now(),
        "last_updated_at": now(),
    }
    made = {"id": key, "auth_scheme": scheme, "is_composio_managed": is_managed, "restrict_to_following_tools": []}
    return 201, {"toolkit": {"slug": app}, "auth_config": made}


def _accounts(world: World, request: Request) -> Answer | None:
    method, rest, query, body = request.method, request.rest, request.query, request.body
    if method == "POST" and rest == ["link"]:
        config = _one(world.auth_configs, body["auth_config_id"], "Auth config", "Auth_Config_NotFound")
        account, token = world.new_account(config, body["user_id"], body.get("callback_url"), request.base)
        return 201, {
            "link_token": token,
            "redirect_url": f"{request.base}/s/{token}",
            "expires_at": in_ten_minutes(),
            "connected_account_id": account["id"],
        }
    if method == "POST" and not rest:
        raise Refusal(400, "Composio-managed OAuth on this endpoint is no longer supported.", "LegacyRetired")
    if method == "GET" and not rest:
        rows = [
            one
            for one in world.accounts.values()
            if ("user_ids" not in query or one["user_id"] in _words(query, "user_ids"))
            and ("statuses" not in query or one["status"] in _words(query, "statuses"))
        ]
        return 200, _page([public_account(one) for one in rows], query)
    account = _one(world.accounts, rest[0], "Connected account", "ConnectedAccount_ResourceNotFound")
    if method == "GET":
        return 200, public_account(account)
    if method == "DELETE":
        del world.accounts[rest[0]]
        return 200, {"success": True}
    return None


def _trigger_types(world: World, request: Request) -> Answer | None:
    rest, query = request.rest, request.query
    if rest:
        found = {one["slug"]: one for one in world.trigger_types}
        return 200, _one(found, rest[0], "Trigger type", "TriggerType_NotFound")
    apps = _words(query, "toolkit_slugs")
    return 200, _page([one for one in world.trigger_types if not apps or one["toolkit"]["slug"] in apps], query)


def _triggers(world: World, request: Request) -> Answer | None:
    method, rest, body = request.method, request.rest, request.body
    if method == "POST" and rest[1:] == ["upsert"]:
        known = {one["slug"]: one for one in world.trigger_types}
        kind = _one(known, rest[0], "Trigger type", "TriggerType_NotFound")
        config = body.get("trigger_config") or {}
        missing = [name for name in kind["config"]["required"] if name not in config]
        if missing:
            raise Refusal(
                400, "The trigger's configuration is incomplete", errors=[f"{name}: Required" for name in missing]
            )
        account = _one(world.accounts, body["connected_account_id"], "Connected account", "NotFound")
        key = "ti_" + secrets.token_hex(6)
        world.triggers[key] = {"slug": rest[0], "account": account["id"], "config": config}
        return 201, {"trigger_id": key, "deprecated": None}
    if method == "DELETE" and rest[:1] == ["manage"]:
        _one(world.triggers, rest[1], "Trigger", "Trigger_NotFound")
        del world.triggers[rest[1]]
        return 200, {"trigger_id": rest[1]}
    return None


def _subscriptions(world: World, request: Request) -> Answer | None:
    method, rest, query, body = request.method, request.rest, request.query, request.body
    if method == "GET" and not rest:
        hidden = [{key: value for key, value in one.items() if key != "secret"} for one in world.subscriptions.values()]
        return 200, _page([{**one, "secret": "whsec_****"} for one in hidden], query)
    if method == "POST" and not rest:
        if world.subscriptions:
            raise Refusal(409, "A project has one subscription", "Webhook_SubscriptionExists")
        key = "sub_" + secrets.token_hex(5)
        world.subscriptions[key] = {
            "id": key,
            "webhook_url": body["webhook_url"],
            "version": body.get("version", "V3"),
            "enabled_events": body["enabled_events"],
            "secret": "whsec_" + secrets.token_hex(16),
            "created_at": now(),
            "updated_at": now(),
        }
        return 201, world.subscriptions[key]
    known = _one(world.subscriptions, rest[0], "Webhook subscription", "Webhook_NotFound")
    if method == "PATCH":
        known.update(body | {"updated_at": now()})
        return 200, {**known, "secret": "whsec_****"}
    if method == "POST" and rest[1:] == ["rotate_secret"]:
        known["secret"] = "whsec_" + secrets.token_hex(16)
        return 200, known
    return None
