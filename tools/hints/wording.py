"""How people say what actions are called: everyday words beside those of APIs, and what deed a task asks for."""

import re

WORD = re.compile(r"[a-z0-9]+")
# Everyday word or phrase: the words actions are named with. General English; no app and no task stands in it.
SAYINGS: dict[str, str] = {
    **dict.fromkeys(("make", "open", "file", "start", "set up", "put", "note", "enter", "save", "write"), "create"),
    **dict.fromkeys(("register", "sign up", "subscribe", "prepare", "announce", "publish", "order"), "create"),
    **dict.fromkeys(("schedule", "book", "plan"), "create schedule"),
    **dict.fromkeys(("show", "what", "which", "who", "when", "read", "give me", "see"), "list get"),
    **dict.fromkeys(("how many", "number of"), "count list get report"),
    **dict.fromkeys(("look through", "look for", "find", "where"), "search find"),
    **dict.fromkeys(("change", "edit", "rename", "set", "push", "push back", "correct", "adjust"), "update"),
    **dict.fromkeys(("remove", "throw away", "get rid of", "drop", "erase"), "delete remove"),
    **dict.fromkeys(("stop", "end", "call off"), "cancel stop end pause"),
    **dict.fromkeys(("tell", "ping", "notify", "let know", "message", "inform"), "send message"),
    **dict.fromkeys(("email", "mail"), "send message email mail"),
    **dict.fromkeys(("text",), "send sms text message"),
    **dict.fromkeys(("post",), "send create post message"),
    **dict.fromkeys(("answer", "write back", "get back", "respond"), "reply answer comment response"),
    **dict.fromkeys(("pass on", "send on"), "forward"),
    **dict.fromkeys(("hand", "hand over", "give to"), "assign"),
    **dict.fromkeys(("give access", "let see", "invite"), "share permission invite"),
    **dict.fromkeys(("join", "put into", "combine"), "merge"),
    **dict.fromkeys(("once more", "again"), "retry rerun"),
    **dict.fromkeys(("bring back",), "restore"),
    **dict.fromkeys(("turn into", "make out of"), "convert export"),
    **dict.fromkeys(("silence", "quiet"), "mute"),
    **dict.fromkeys(("bug", "ticket", "story"), "issue ticket"),
    **dict.fromkeys(("pr", "prs"), "pull request"),
    **dict.fromkeys(("repo", "repos"), "repository"),
    **dict.fromkeys(("remark", "comment"), "comment"),
    **dict.fromkeys(("meeting", "appointment", "date"), "event meeting"),
    **dict.fromkeys(("call",), "meeting call"),
    **dict.fromkeys(("room",), "channel room"),
    **dict.fromkeys(("chat",), "conversation chat"),
    **dict.fromkeys(("inbox",), "message mail"),
    **dict.fromkeys(("spreadsheet", "sheet", "line", "lines"), "sheet row values record"),
    **dict.fromkeys(("diagram", "graph", "plot"), "chart"),
    **dict.fromkeys(("prospect", "client", "customer", "person"), "contact customer lead person"),
    **dict.fromkeys(("bill",), "invoice bill"),
    **dict.fromkeys(("pay back", "money back"), "refund"),
    **dict.fromkeys(("plan", "monthly"), "subscription"),
    **dict.fromkeys(("promo", "voucher", "coupon"), "discount code coupon"),
    **dict.fromkeys(("newsletter", "mailing", "mailings"), "campaign subscriber"),
    **dict.fromkeys(("survey", "questionnaire"), "form response"),
    **dict.fromkeys(("answers", "answer"), "response answer"),
    **dict.fromkeys(("said", "transcript"), "transcript"),
    **dict.fromkeys(("stock", "left"), "inventory"),
    **dict.fromkeys(("bought", "buy", "purchase"), "order"),
    **dict.fromkeys(("version", "versions"), "release version revision"),
    **dict.fromkeys(("film", "films", "clip"), "video"),
    **dict.fromkeys(("song", "songs", "music"), "track playback"),
    **dict.fromkeys(("thumbs", "emoji", "like"), "reaction like"),
    **dict.fromkeys(("duty",), "on call"),
    **dict.fromkeys(("look after", "looking after", "take over"), "acknowledge"),
    **dict.fromkeys(("look over", "have a look"), "review reviewers"),
    **dict.fromkeys(("late", "overdue", "owe", "owes"), "aged receivables overdue"),
    **dict.fromkeys(("free", "available"), "free slots availability times"),
    **dict.fromkeys(("out of office", "away"), "vacation responder"),
    **dict.fromkeys(("for ever", "for good"), "ban delete"),
    **dict.fromkeys(("help page", "article"), "article"),
    **dict.fromkeys(("address", "link"), "link"),
    **dict.fromkeys(("hours", "time spent"), "worklog time entry"),
    **dict.fromkeys(("opened", "clicked"), "report"),
    **dict.fromkeys(("everywhere",), "all replace"),
    **dict.fromkeys(("tomorrow", "later", "next week"), "schedule"),
    **dict.fromkeys(("yes",), "accept"),
}
READING = re.compile(
    r"^(?:please\s+)?(?:what|which|who|when|where|how|is|are|did|does|do|show|list|find|get|give me|read|look|search|"
    r"tell me)\b"
)


def api_words(task: str) -> str:
    """The words that actions may be named with, for what the task says."""
    text = f" {' '.join(WORD.findall(task.lower()))} "
    return " ".join(dict.fromkeys(said for saying, said in SAYINGS.items() if f" {saying} " in text))


def is_question(task: str) -> bool:
    """Whether the task asks to be told something."""
    return bool(READING.match(task.strip().lower())) or task.strip().endswith("?")


def names_app(task: str, slug: str, name: str) -> bool:
    """Whether the task names the app, by its name or by the telling part of it (Sheets, Drive, Teams)."""
    text = f" {' '.join(WORD.findall(task.lower()))} "
    whole = " ".join(WORD.findall(name.lower()))
    parts = [part for part in WORD.findall(slug.lower()) if part not in GENERIC and len(part) > 3]
    return f" {whole} " in text or any(f" {part} " in text for part in parts)


# Parts of apps' names that say nothing by themselves.
GENERIC = frozenset(
    ("google", "microsoft", "apple", "amazon", "adobe", "zoho", "cloud", "service", "suite", "office", "twitter")
)
