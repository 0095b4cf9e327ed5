"""What a call does, for the flow analysis: the table of `calls` applied to the values that go in."""

import re

from marketplace.scanning.code import calls, constants, ir
from marketplace.scanning.code.flow_state import EMPTY, NONE, FlowState, Value
from marketplace.scanning.code.meaning_files import FileFlow
from marketplace.scanning.code.semantics import EVERYTHING, HOME_WIDE, TEMPORARY
from marketplace.scanning.prose.reading import SECRET_PATH

# What a machine in a cloud is told about itself: names of roles, their keys, what it was started with.
METADATA = re.compile(
    r"169\.254\.169\.254/\S*(?:credentials|token|user-data|identity)|metadata\.google\.internal/\S*(?:token|"
    r"identity)|"
    r"169\.254\.170\.2|100\.100\.100\.200/\S*(?:ram|user-data)",
    re.IGNORECASE,
)
URL_PATTERN = re.compile(r"(?:https?|wss?|ftp)://[^\s'\"<>]+")


class CodeFlow(FileFlow):
    """The flow analysis with the meaning of calls."""

    def meaning(
        self, node: ir.Call, dotted: str, function: Value, args: list[Value], kwargs: dict[str, Value]
    ) -> Value:
        every = [*args, *kwargs.values()]
        labels = frozenset(label for item in every for label in item.labels)
        last = dotted.rpartition(".")[2]
        receiver = function.labels
        if dotted == "getattr" and len(args) > 1:
            return self._getattr(node, args)
        if dotted in ("__import__", "importlib.import_module", "require", "import") and args:
            return self._imported(node, args[0])
        if node.new and dotted == "Function":
            return self._executed(node, args, labels)
        if calls.SPAWN.match(dotted):
            return self._spawned(node, args, kwargs, labels)
        if calls.EXEC.match(dotted) or (
            last in ("exec", "eval") and not dotted.startswith("?") and dotted.count(".") == 0
        ):
            return self._executed(node, args, labels, dotted)
        if dotted in calls.ENVIRONMENT_GET or (last == "get" and "environment" in receiver and args):
            return self._variable(args[0].text()) if args else EMPTY
        if calls.SECRET_CALLS.match(dotted):
            self.note("read", node.line, frozenset(("secret",)), value=dotted)
            return Value(frozenset(("secret",)))
        if calls.SYSTEM.match(dotted):
            return Value(frozenset(("system",)))
        if last == "decrypt":
            return Value(labels | receiver | {"decoded"})
        if calls.DECODE.match(dotted):
            return self._decoded(node, dotted, args, labels)
        return self._reaching(node, dotted, last, function, args, kwargs, labels)

    def _reaching(
        self,
        node: ir.Call,
        dotted: str,
        last: str,
        function: Value,
        args: list[Value],
        kwargs: dict[str, Value],
        labels: frozenset[str],
    ) -> Value:
        wired = "wire" in function.labels
        if (
            calls.FETCH.match(dotted)
            or calls.SEND.match(dotted)
            or (wired and last in calls.SEND_METHODS | calls.GET_METHODS)
        ):
            return self._web(node, dotted, last, function, args, kwargs, labels)
        if calls.CLIENTS.match(dotted):
            address = next((item.text() for item in args if "." in item.text()), "")
            return Value(labels | {"wire"} | ({f"to:{address}"} if address else NONE), address or None, dotted)
        if calls.FILE_READ.match(dotted):
            return self._opened(node, args, kwargs)
        if calls.LISTING.match(dotted):
            text = args[0].text() if args else ""
            broad = frozenset(("wide",)) if EVERYTHING.match(text) else NONE
            secret = frozenset(("secret",)) if SECRET_PATH.search(text) else NONE
            return Value(labels | {"listing"} | secret | broad, text or None)
        if calls.FILE_WRITE.match(dotted):
            return self._written(node, args, labels, dotted)
        if calls.DELETES.match(dotted):
            text = args[0].text() if args else ""
            wide = bool(text and HOME_WIDE.match(text) and not TEMPORARY.search(text))
            if "wide" in labels and not (text and TEMPORARY.search(text)):
                self.note("delete", node.line, labels, value="~", wide=True)
            elif wide:
                self.note("delete", node.line, labels, value=text or "every file that was listed", wide=True)
            return EMPTY
        if dotted in calls.PATHS:
            return self._path(dotted, args, labels)
        return self._method(node, dotted, last, function, args, labels)

    def _getattr(self, node: ir.Call, args: list[Value]) -> Value:
        name = args[1].text()
        base = args[0].dotted
        if name and base:
            return Value(args[0].labels, dotted=f"{base}.{name}", func=self.functions.get(name))
        if "decoded" in args[1].labels or (base in ("os", "builtins", "__builtins__", "subprocess") and not name):
            self.note("run", node.line, frozenset(("decoded",)), value="an attribute whose name is calculated")
        return Value(args[0].labels, dotted=f"{base}.?")

    def _imported(self, node: ir.Call, name: Value) -> Value:
        if name.text():
            return Value(dotted=name.text().removeprefix("node:"))
        if name.labels & {"network", "decoded"}:
            self.note("run", node.line, name.labels, value="a module whose name is calculated")
        return Value(name.labels)

    def _executed(self, node: ir.Call, args: list[Value], labels: frozenset[str], dotted: str = "exec") -> Value:
        text = next((item.text() for item in args if item.text()), "")
        if dotted.startswith(
            ("yaml.", "ctypes", "WebAssembly", "importlib.util", "types.", "code.", "shelve", "runpy")
        ) and not labels & {"network", "decoded"}:
            return Value(labels)
        if dotted.startswith(("marshal", "pickle", "cloudpickle", "dill")):
            self.note("unpack", node.line, labels, value=dotted, const=bool(args and args[0].text()))
            return Value(labels | {"decoded"})
        if dotted == "compile":
            return Value(labels, text or None)
        if "blob" in labels:
            labels |= {"decoded"}
        if dotted in ("eval", "exec") and args and re.fullmatch(r"[A-Za-z_]\w{2,30}", args[0].text()):
            return Value(labels - {"blob"}, dotted=args[0].text())
        if labels or not text:
            self.note("run", node.line, labels, value=dotted)
        if text and self.depth < 5:
            self.literals.append((node.line, text))
            self.note("literal", node.line, labels, value=text[:20_000])
        return Value(labels)

    def _spawned(self, node: ir.Call, args: list[Value], kwargs: dict[str, Value], labels: frozenset[str]) -> Value:
        given = [*args[:2], *(kwargs[name] for name in ("args", "cmd", "input") if name in kwargs)]
        words = [item.text() for value in given[:1] for item in (value.items or (value,))]
        if len(given) > 1 and given[1].items:
            words += [item.text() for item in given[1].items]
        command = " ".join(
            word if re.fullmatch(r"[\w./:@=+,~^\x01-]*", word) or len(words) == 1 else f"'{word}'"
            for word in words
            if word
        )
        if words and len(words) > 2 and calls.SHELLS.match(words[0]) and words[1] in ("-c", "/c", "-Command", "-lc"):
            command = words[2]
        found = self.shell(command, node.line) if command.strip("\x01 ") else NONE
        env = kwargs.get("env")
        started = frozenset(label for word in words for label in self.files.get(word, NONE)) & {"network", "decoded"}
        if started:
            self.note("run", node.line, started, value=command[:200] or "a file that was fetched")
        loud = labels & {"network", "decoded"}
        if loud and (not command.strip("\x01 ") or any(item.labels & {"network", "decoded"} for item in given[:1])):
            self.note("run", node.line, loud, value=command[:200] or "a command that is calculated")
        if "shell" in kwargs or calls.SHELLS.match(command):
            self.note("spawn", node.line, labels, value=command[:200])
        return Value(found | (labels - {"decoded"}) - (env.labels if env else NONE) | {"output"}, dotted="process")

    def _decoded(self, node: ir.Call, dotted: str, args: list[Value], labels: frozenset[str]) -> Value:
        last = dotted.rpartition(".")[2]
        if last in ("fromCharCode", "fromCodePoint"):
            numbers = [item.const for item in (args[0].items if len(args) == 1 and args[0].items else args)]
            const: constants.Constant = constants.characters(numbers)
            return self._noted(node.line, Value(labels | {"decoded"}, const))
        if dotted.endswith("Buffer.from") and not any(item.text() in ("base64", "hex") for item in args[1:]):
            return Value(labels, args[0].const if args else None)
        if dotted in ("decodeURIComponent",):
            return Value(labels, args[0].const if args else None)
        if not args:
            return Value(labels | {"decoded"})
        const = constants.decoded(dotted, args[0].const, [item.const for item in args[1:]])
        return self._noted(node.line, Value(labels | {"decoded"}, const))

    def _web(
        self,
        node: ir.Call,
        dotted: str,
        last: str,
        function: Value,
        args: list[Value],
        kwargs: dict[str, Value],
        labels: frozenset[str],
    ) -> Value:
        address = _address(dotted, function, args, kwargs)
        header = kwargs.get("headers", EMPTY).labels | kwargs.get("auth", EMPTY).labels
        body = frozenset(
            label
            for name, item in kwargs.items()
            if name not in ("headers", "auth", "timeout", "verify", "cookies", "proxies")
            for label in item.labels
        )
        body |= frozenset(label for item in args for label in item.labels)
        if dotted in calls.WITH_OPTIONS or last in ("post", "put", "request", "patch"):
            body -= _only_header(node, self, args)
        sending = (
            bool(calls.SEND.match(dotted))
            or last in calls.SENDS
            or bool(body & {"secret", "environment", "file", "private", "system", "input"})
        )
        used = frozenset(f"header:{label}" if label in ("secretvar",) else label for label in header)
        kind = "send" if sending else "fetch"
        if last in ("urlretrieve", "download") and len(args) > 1 and args[1].text():
            self.files[args[1].text()] = frozenset(("network",))
        self.note(
            kind,
            node.line,
            (body | used | (function.labels - {"network"})) - {"wire"} if sending else used,
            address,
            address[:160] or dotted,
        )
        given = frozenset(("network", "wire")) | (frozenset((f"to:{address}",)) if address else NONE)
        if METADATA.search(address):
            self.note("read", node.line, frozenset(("secret",)), value=address[:160])
            given |= {"secret"}
        return Value(
            given,
            dotted=f"{dotted}()" if "wire" in function.labels else "response",
        )


def _address(dotted: str, function: Value, args: list[Value], kwargs: dict[str, Value]) -> str:
    """The address that a call reaches, as far as it can be told."""
    texts = [item.text() for item in (*args, *kwargs.values())]
    address = (
        next((match.group() for text in texts if (match := URL_PATTERN.search(text))), "")
        or function.text()
        or next((label[3:] for label in function.labels if label.startswith("to:")), "")
    )
    if not address:
        nested = [inner.text() for item in args for inner in item.items]
        address = next(
            (text for text in nested if "://" in text or re.fullmatch(r"(?:[\w-]+\.)+\w+|(?:\d+\.){3}\d+", text)),
            "",
        )
        if not address and re.match(r"^(?:socket|smtplib|ftplib|paramiko|dns|net|tls)", dotted):
            address = next((text for text in texts if "." in text), "")
    return address


def _only_header(node: ir.Call, flow: FlowState, args: list[Value]) -> frozenset[str]:
    """Labels that stand in the headers of a request's options and nowhere else."""
    for item in node.args:
        if isinstance(item, ir.Many) and "headers" in item.keys:
            inside = flow.value(item.items[item.keys.index("headers")]).labels
            rest = frozenset(
                label
                for key, value in zip(item.keys, item.items, strict=False)
                if key != "headers"
                for label in flow.value(value).labels
            )
            rest |= frozenset(label for other in args[:1] for label in other.labels)
            return inside - rest
    return NONE
