"""What expressions give: labels, constants and names, without running anything."""

import re
from dataclasses import replace

from marketplace.scanning.code import calls, constants, ir
from marketplace.scanning.code.flow_state import EMPTY, NONE, FlowState, Value
from marketplace.scanning.code.semantics import is_secret_variable

BLOB_TEXT = re.compile(r"[\w+/=!#$%&()*;<>?@^`{|}~-]{160,}")


def is_blob(value: str | bytes) -> bool:
    """Whether a constant is packed data rather than words: long, and nothing that a person would write."""
    if len(value) < 160:
        return False
    if isinstance(value, bytes):
        return True
    return BLOB_TEXT.fullmatch(value[:400].replace("\n", "")) is not None


def _callable_among(items: list[Value]) -> str:
    """The name that a choice between several comes to, if one of them runs something."""
    return next((item.dotted for item in items if calls.EXEC.match(item.dotted) or calls.SPAWN.match(item.dotted)), "")


class FlowValues(FlowState):
    """Values of expressions; calls are left to the class above."""

    def value(self, node: ir.Node) -> Value:
        self.tick()
        if isinstance(node, ir.Const):
            if isinstance(node.value, str | bytes) and len(node.value) >= 12:
                self.literals.append(
                    (node.line, node.value if isinstance(node.value, str) else node.value.decode("latin-1"))
                )
                if is_blob(node.value):
                    return Value(frozenset(("blob",)), const=node.value)
            return Value(const=node.value)
        if isinstance(node, ir.Name):
            return self.names.get(node.name) or Value(dotted=node.name, func=self.functions.get(node.name))
        if isinstance(node, ir.Attr):
            return self._attribute(node)
        if isinstance(node, ir.Index):
            return self._index(node)
        if isinstance(node, ir.Call):
            return self.call(node)
        if isinstance(node, ir.Op):
            left, right = self.value(node.left), self.value(node.right)
            if node.op == "/" and (left.text() or right.text()):
                return Value(
                    left.labels | right.labels,
                    "/".join(item for item in (left.text().rstrip("/"), right.text()) if item) or None,
                    "path",
                )
            labels = left.labels | right.labels
            if node.op == "^":
                labels |= {"decoded"}
            return Value(labels, constants.joined(node.op, left.const, right.const))
        return self._composed(node)

    def _composed(self, node: ir.Node) -> Value:
        if isinstance(node, ir.Many):
            items = [self.value(item) for item in node.items]
            labels = frozenset(label for item in items for label in item.labels)
            if node.joined:
                const = constants.concatenated([item.const for item in items])
                return self._noted(node.line, Value(labels, const, items=tuple(items)))
            return Value(labels, None, _callable_among(items) if not node.keys else "", items=tuple(items))
        if isinstance(node, ir.Assign):
            return self._assign(node)
        if isinstance(node, ir.Each):
            source = self.value(node.source)
            if 3 < len(source.items) <= 5_000 and len(node.target) == 1:
                return self._each_of(node, source)
            for name in node.target:
                self.names[name] = Value(source.labels)
            body = self.value(node.body)
            return Value(source.labels | body.labels, items=source.items)
        if isinstance(node, ir.Func):
            return Value(func=node)
        self.statement(node)
        return EMPTY

    def _each_of(self, node: ir.Each, source: Value) -> Value:
        """A comprehension over constants, item by item."""
        results = []
        for item in source.items:
            self.names[node.target[0]] = item
            results.append(self.value(node.body))
        labels = source.labels | frozenset(label for item in results for label in item.labels)
        return Value(labels, items=tuple(results))

    def _noted(self, line: int, value: Value) -> Value:
        """A constant that came about by calculation is read like any other text."""
        text = value.text()
        if 12 <= len(text) <= 200_000:
            self.literals.append((line, text))
        return value

    def _assign(self, node: ir.Assign) -> Value:
        value = self.value(node.value)
        if node.add and node.targets:
            old = self.names.get(node.targets[0], EMPTY)
            value = self._noted(
                node.line, Value(old.labels | value.labels, constants.joined("+", old.const, value.const))
            )
        if node.place is not None:
            self._stored(node, value)
        for name in node.targets:
            old = self.names.get(name, EMPTY)
            held = (
                value
                if node.place is None and not (self.depth and self.looped)
                else replace(value, labels=value.labels | old.labels, const=None)
            )
            self.names[name] = held if len(node.targets) == 1 else Value(held.labels)
        return value

    def _stored(self, node: ir.Assign, value: Value) -> None:
        """Something is put into an attribute or under a key: the environment, `document.cookie`, "
        "`window.location` …"""
        place = node.place
        if isinstance(place, ir.Index) and place.key is not None:
            base, key = self.value(place.base), self.value(place.key)
            if base.dotted in calls.ENVIRONMENT and key.text():
                self.note("override", node.line, value.labels, value.text(), f"{key.text()}={value.text()}"[:200])
        elif isinstance(place, ir.Attr):
            base = self.value(place.base)
            if base.dotted in calls.ENVIRONMENT:
                self.note("override", node.line, value.labels, value.text(), f"{place.name}={value.text()}"[:200])
            elif place.name in ("src", "href") and "://" in value.text() and value.labels:
                self.note("send", node.line, value.labels, value.text(), value.text()[:160])
        for name in node.targets:
            old = self.names.get(name, EMPTY)
            self.names[name] = replace(old, labels=old.labels | value.labels)

    def _attribute(self, node: ir.Attr) -> Value:
        base = self.value(node.base)
        dotted = f"{base.dotted}.{node.name}" if base.dotted else f"?.{node.name}"
        if dotted in self.names:
            return self.names[dotted]
        if dotted in calls.ENVIRONMENT:
            return Value(frozenset(("environment",)), dotted=dotted)
        if base.dotted in calls.ENVIRONMENT and node.name not in (
            "get",
            "copy",
            "items",
            "keys",
            "values",
            "pop",
            "setdefault",
            "update",
        ):
            return self._variable(node.name)
        if calls.INPUT.match(dotted):
            return Value(frozenset(("input",)), dotted=dotted)
        func = (
            self.functions.get(node.name)
            if base.dotted in ("self", "this", "cls", "exports", "module.exports")
            else None
        )
        const = base.const if base.dotted == "path" and node.name in ("parent", "absolute") else None
        return Value(base.labels, const, dotted, func)

    def _variable(self, name: str) -> Value:
        if name in ("HOME", "USERPROFILE"):
            return Value(const="~")
        return Value(frozenset(("secretvar", f"var:{name}")) if is_secret_variable(name) else NONE)

    def _index(self, node: ir.Index) -> Value:
        base = self.value(node.base)
        if node.slice == "reverse" and isinstance(base.const, str | bytes):
            return self._noted(node.line, Value(base.labels | {"decoded"}, base.const[::-1]))
        key = self.value(node.key) if node.key is not None else EMPTY
        if base.dotted in calls.ENVIRONMENT and key.text():
            return self._variable(key.text())
        if isinstance(key.const, int) and base.items and -len(base.items) <= key.const < len(base.items):
            return base.items[key.const]
        labels = base.labels | (key.labels - {"file"})
        if not base.labels and base.dotted and key.text():
            return Value(labels, dotted=f"{base.dotted}.{key.text()}")
        return Value(labels, None, base.dotted if node.slice else "")

    def call(self, node: ir.Call) -> Value:
        """What a call gives."""
        raise NotImplementedError
