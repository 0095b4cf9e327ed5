"""What applications send, as they send it: Open WebUI, LibreChat, Cline, Continue."""

import json
from typing import Any

import httpx
from checks import BASE, KEY, LOOK_UP, MODEL, PNG, TOOL, check, main, same

http = httpx.Client(base_url=BASE, headers={"Authorization": f"Bearer {KEY}"}, timeout=120)
USAGE = {"stream_options": {"include_usage": True}}


def sent(body: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    """The chunks of a streamed answer."""
    body = {"model": MODEL, "stream": True, **body}
    with http.stream("POST", "/chat/completions", json=body, headers=headers) as answer:
        lines = list(answer.iter_lines())
        assert answer.status_code == 200, lines
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    same(data[-1], "[DONE]")
    return [json.loads(one) for one in data[:-1]]


def text(chunks: list[dict[str, Any]]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])


def whole(body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = http.post("/chat/completions", json={"model": MODEL, **body}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]


# --- Open WebUI -------------------------------------------------------------------------------------------------------


@check
def open_webui_lists_models() -> None:
    data = http.get("/models", headers={"X-OpenWebUI-User-Name": "ines"}).json()["data"]
    assert all({"id", "object", "created", "owned_by"} <= set(one) for one in data)


@check
def open_webui_chats() -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello"}]
    more = {"temperature": 0.8, "top_p": 0.9, "max_tokens": 500, "frequency_penalty": 0, "stop": None}
    same(text(sent({"messages": turns, **USAGE, **more}, **{"X-OpenWebUI-Chat-Id": "c1"})), "Hello there.")


@check
def open_webui_asks_for_a_title() -> None:
    body = {"messages": [{"role": "user", "content": "Say hello"}], "stream": False, "max_completion_tokens": 1000}
    same(whole(body)["content"], "Hello there.")


@check
def open_webui_uses_native_tools() -> None:
    asked = {"role": "user", "content": "Where is parcel 42?"}
    chunks = sent({"messages": [asked], "tools": [TOOL], **USAGE})
    calls = [one for chunk in chunks if chunk["choices"] for one in chunk["choices"][0]["delta"].get("tool_calls", ())]
    made = {"role": "assistant", "content": "", "tool_calls": calls}
    result = {"role": "tool", "tool_call_id": calls[0]["id"], "content": "It is in Oslo."}
    same(text(sent({"messages": [asked, made, result], "tools": [TOOL]})), "It is in Oslo.")


@check
def open_webui_sends_pictures() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    turns = [{"role": "user", "content": [{"type": "text", "text": "Say hello"}, picture]}]
    same(text(sent({"messages": turns})), "Hello there.")


# --- LibreChat --------------------------------------------------------------------------------------------------------


@check
def librechat_chats() -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "I am Ines."},
        {"role": "assistant", "content": "Hello Ines."},
        {"role": "user", "content": "Say hello"},
    ]
    more = {"user": "65f", "temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
    same(
        text(sent({"messages": turns, **more, **USAGE}, **{"HTTP-Referer": "x", "X-Title": "LibreChat"})),
        "Hello there.",
    )


@check
def librechat_asks_for_a_title_in_a_form() -> None:
    parameters = {
        "type": "object",
        "properties": {"number": {"type": "string"}},
        "$schema": "http://json-schema.org/draft-07/schema#",
    }
    tool = {"type": "function", "function": {**LOOK_UP, "parameters": parameters}}
    choice = {"type": "function", "function": {"name": "look_up"}}
    body = {"messages": [{"role": "user", "content": "Where is parcel 42?"}], "tools": [tool], "tool_choice": choice}
    assert whole({**body, "stream": False})["tool_calls"]


@check
def librechat_calls_tools_of_agents() -> None:
    asked = {"role": "user", "content": [{"type": "text", "text": "Where is parcel 42?"}]}
    made = whole({"messages": [asked], "tools": [TOOL], "parallel_tool_calls": True})
    result = {
        "role": "tool",
        "tool_call_id": made["tool_calls"][0]["id"],
        "content": "It is in Oslo.",
        "name": "look_up",
    }
    turns = [asked, {**made, "content": None}, result]
    same(text(sent({"messages": turns, "tools": [TOOL]})), "It is in Oslo.")


# --- Cline ------------------------------------------------------------------------------------------------------------


@check
def cline_chats_in_parts() -> None:
    turns = [
        {"role": "system", "content": "You are Cline."},
        {"role": "user", "content": [{"type": "text", "text": "<task>\nSay hello\n</task>"},
                                     {"type": "text", "text": "<environment_details>\n</environment_details>"}]},
    ]  # fmt: skip
    same(text(sent({"messages": turns, "temperature": 0, "max_tokens": 8192, **USAGE})), "Hello there.")


@check
def cline_caches_and_reasons() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    turns = [
        {"role": "system", "content": [{"type": "text", "text": "You are Cline.", **mark}]},
        {"role": "user", "content": [{"type": "text", "text": "Say hello", **mark}]},
    ]
    more = {"reasoning_effort": "medium", "max_completion_tokens": 8192, "temperature": None}
    same(text(sent({"messages": turns, **more, **USAGE}, Accept="text/event-stream")), "Hello there.")


@check
def cline_calls_tools() -> None:
    asked = {"role": "user", "content": [{"type": "text", "text": "Where is parcel 42?"}]}
    more = {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": False, "temperature": 0, **USAGE}
    chunks = sent({"messages": [asked], **more})
    calls = [one for chunk in chunks if chunk["choices"] for one in chunk["choices"][0]["delta"].get("tool_calls", ())]
    made = {"role": "assistant", "content": None, "tool_calls": calls}
    result = {"role": "tool", "tool_call_id": calls[0]["id"], "content": "It is in Oslo."}
    later = {"role": "user", "content": [{"type": "text", "text": "Where is parcel 42? Once more."}]}
    same(text(sent({"messages": [asked, made, result], **more})), "It is in Oslo.")
    assert sent({"messages": [asked, made, result, later], **more})


# --- Continue ---------------------------------------------------------------------------------------------------------


@check
def continue_chats() -> None:
    body = {"messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 4096, "stop": ["</s>"]}
    same(text(sent({**body, "temperature": 0.5, "top_k": 40, "presence_penalty": 0})), "Hello there.")


@check
def continue_applies_edits() -> None:
    body = {"messages": [{"role": "user", "content": "Say hello"}], "prediction": {"type": "content", "content": "Hi"}}
    same(text(sent(body)), "Hello there.")


@check
def continue_calls_tools() -> None:
    asked = {"role": "user", "content": "Where is parcel 42?"}
    made = whole({"messages": [asked], "tools": [TOOL], "stream": False})
    result = {"role": "tool", "tool_call_id": made["tool_calls"][0]["id"], "content": "It is in Oslo."}
    turns = [asked, {"role": "assistant", "content": " ", "tool_calls": made["tool_calls"]}, result]
    same(text(sent({"messages": turns, "tools": [TOOL]})), "It is in Oslo.")


@check
def continue_embeds() -> None:
    answer = http.post("/embeddings", json={"model": "use-multilingual-v3", "input": ["a cat", "a dog"]})
    same([len(row["embedding"]) for row in answer.json()["data"]], [512, 512])


@check
def continue_is_told_what_is_not_there() -> None:
    answer = http.post("/completions", json={"model": MODEL, "prompt": "def add(", "suffix": ")"})
    same((answer.status_code, answer.json()["error"]["code"]), (404, "unknown_url"))


main()
