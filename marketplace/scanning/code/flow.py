"""What code does, followed through calls of its own functions without running it."""

from dataclasses import replace

from marketplace.scanning.code import calls, ir
from marketplace.scanning.code.flow_state import DEEPEST, EMPTY, NONE, Value
from marketplace.scanning.code.flow_values import FlowValues
from marketplace.scanning.prose.reading import SECRET_PATH


class Flow(FlowValues):
    """Calls: of functions of the same file by following them, of all others by what `meaning` says of them."""

    def call(self, node: ir.Call) -> Value:
        function = self.value(node.func.items[-1] if isinstance(node.func, ir.Many) and node.func.items else node.func)
        args = [self.value(item) for item in node.args]
        kwargs = {name: self.value(item) for name, item in node.kwargs.items()}
        every = [*args, *kwargs.values()]
        dotted = self._dotted(function, args)
        returned: frozenset[str] = NONE
        if (
            dotted.endswith(".map")
            and args
            and args[0].func is not None
            and (mapped := self._mapped(node, args[0].func)) is not None
        ):
            return mapped
        for item in every:
            if item.func is not None and item.func is not function.func:
                labels = function.labels | frozenset(
                    label for other in every if other is not item for label in other.labels
                )
                if calls.FETCH.match(dotted) or "network" in function.labels:
                    labels |= {"network"}
                if calls.FILE_READ.match(dotted) and args:
                    labels |= self._read_labels(args[0])
                given = self.call_function(item.func, [Value(labels - {"decoded"})] * 3)
                returned |= given.labels
        if dotted.endswith(".then") and any(item.dotted in ("eval", "Function", "globalThis.eval") for item in args):
            self.note("run", node.line, function.labels | {"network"}, value="eval")
        if function.func is not None:
            return self.call_function(function.func, args, kwargs)
        found = self.meaning(node, dotted, function, args, kwargs)
        return replace(found, labels=found.labels | returned) if returned else found

    def _mapped(self, node: ir.Call, func: ir.Func) -> Value | None:
        """`items.map(f)` for constant items, as far as each can be calculated."""
        base = self.value(node.func.base) if isinstance(node.func, ir.Attr) else EMPTY
        if not 3 < len(base.items) <= 5_000 or not func.params:
            return None
        results = []
        outer = self.names.get(func.params[0])
        for item in base.items:
            self.names[func.params[0]] = item
            results.append(self.value(func.result) if func.result is not None else EMPTY)
        if outer is not None:
            self.names[func.params[0]] = outer
        labels = frozenset(label for item in results for label in item.labels)
        return Value(base.labels | labels, items=tuple(results))

    def _dotted(self, function: Value, args: list[Value]) -> str:
        dotted = function.dotted.removeprefix("builtins.").removeprefix("globalThis.").removeprefix("node:")
        if dotted == "getattr" and len(args) > 1 and args[1].text():
            return dotted
        return dotted.replace("__import__().", "")

    def call_function(self, function: ir.Func, args: list[Value], kwargs: dict[str, Value] | None = None) -> Value:
        """What a function of the same file gives for these arguments."""
        if self.depth >= DEEPEST:
            return Value(frozenset(label for item in args for label in item.labels))
        key = (
            f"{function.name}:{function.line}",
            frozenset(label for item in [*args, *(kwargs or {}).values()] for label in item.labels)
            | frozenset(item.text()[:200] for item in args if item.text()),
        )
        if key in self.under:
            return self.under[key]
        self.under[key] = Value(key[1] & {"secret", "environment", "file", "network", "decoded", "private"})
        outer, returned, top = dict(self.names), self.returned, self.top
        for name, item in zip([param for param in function.params if param not in ("self", "cls")], args, strict=False):
            self.names[name] = item
        for name in function.params[len(args) :]:
            self.names.pop(name, None)
        self.names.update(kwargs or {})
        self.depth, self.returned = self.depth + 1, []
        try:
            self.statements(function.body)
            if function.result is not None:
                self.returned.append(self.value(function.result))
        finally:
            found, self.returned, self.depth, self.top = self.returned, returned, self.depth - 1, top
            shared = {
                name: item
                for name, item in self.names.items()
                if name.startswith(("self.", "this.")) or (name in outer and name not in function.params)
            }
            self.names = outer | {
                name: replace(item, labels=item.labels | outer.get(name, EMPTY).labels) for name, item in shared.items()
            }
        result = (
            found[0]
            if len(found) == 1
            else Value(
                frozenset(label for item in found for label in item.labels), items=found[0].items if found else ()
            )
        )
        self.under[key] = result
        return result

    def meaning(
        self, node: ir.Call, dotted: str, function: Value, args: list[Value], kwargs: dict[str, Value]
    ) -> Value:
        raise NotImplementedError

    def _read_labels(self, path: Value) -> frozenset[str]:
        text = path.text()
        if text and SECRET_PATH.search(text):
            return frozenset(("secret", "file"))
        return frozenset(("file",)) | (path.labels & {"secret", "listing"}) | self.files.get(text, NONE)
