"""What calls on files and texts do, for the flow analysis."""

import re
from dataclasses import replace

from marketplace.scanning.code import calls, constants, ir
from marketplace.scanning.code.flow import Flow
from marketplace.scanning.code.flow_state import EMPTY, NONE, Value
from marketplace.scanning.code.semantics import EVERYTHING
from marketplace.scanning.prose.reading import PERSIST_PATH, SECRET_PATH

READ_METHODS = frozenset(
    ("read_text", "read_bytes", "read", "readlines", "readFileSync", "readline", "text", "getvalue")
)
WRITE_METHODS = frozenset(("write", "write_text", "write_bytes", "writelines", "writestr", "writeFile"))


class FileFlow(Flow):
    """Reading, writing and working on texts."""

    def _path(self, dotted: str, args: list[Value], labels: frozenset[str]) -> Value:
        if dotted.endswith(("home", "homedir")):
            return Value(const="~", dotted="path")
        texts = [item.text() for item in args]
        known = "/".join(
            text.rstrip("/") if number == 0 else text.strip("/") for number, text in enumerate(texts) if text
        )
        return Value(labels, known or None, "path" if dotted != "str" else "")

    def _opened(self, node: ir.Call, args: list[Value], kwargs: dict[str, Value]) -> Value:
        path = args[0] if args else kwargs.get("file", EMPTY)
        mode = (args[1].text() if len(args) > 1 else kwargs.get("mode", EMPTY).text()) or "r"
        text = path.text()
        if any(letter in mode for letter in "wax+") and len(mode) < 5:
            return Value(frozenset(("opened", f"path:{text}")), text or None, "opened")
        labels = self._read_labels(path)
        if "secret" in labels:
            self.note("read", node.line, labels, value=text[:160])
        return Value(labels | (path.labels & {"listing", "network", "decoded"}), None, "file")

    def _written(self, node: ir.Call, args: list[Value], labels: frozenset[str], dotted: str) -> Value:
        moved = re.search(r"copy|move|rename|symlink|replace|link", dotted)
        path = (args[-1] if moved and len(args) > 1 else args[0]).text() if args else ""
        if moved and args:
            labels |= self._read_labels(args[0])
            if "secret" in labels:
                self.note("read", node.line, labels, value=args[0].text()[:160])
        content = args[1] if len(args) > 1 and not moved else EMPTY
        if "urlretrieve" in dotted and len(args) > 1:
            path, labels = args[1].text(), labels | {"network"}
        self._keep_file(node.line, path, labels, content)
        return EMPTY

    def _keep_file(self, line: int, path: str, labels: frozenset[str], content: Value) -> None:
        if path:
            self.files[path] = self.files.get(path, NONE) | (labels - {"opened"})
        persist = bool(path and PERSIST_PATH.search(path))
        if persist or labels & {"network", "secret", "environment"}:
            self.note("write", line, labels, value=path or "a file", body=content.text()[:2000])

    def _method(
        self, node: ir.Call, dotted: str, last: str, function: Value, args: list[Value], labels: frozenset[str]
    ) -> Value:
        carried = function.labels | labels
        if last == "write_bytes" and "network" in labels and self._base_text(node):
            self.files[self._base_text(node)] = frozenset(("network",))
        if (last in READ_METHODS and function.dotted.startswith("path.")) or (
            last in ("read_text", "read_bytes", "open") and self._base_text(node)
        ):
            text = self._base_text(node)
            found = self._read_labels(Value(carried, text or None))
            if "secret" in found:
                self.note("read", node.line, found, value=text[:160])
            if last == "open" and args and any(letter in args[0].text() for letter in "wa"):
                return Value(frozenset(("opened", f"path:{text}")), text, "opened")
            return Value(found | (carried - {"listing"}))
        if last in WRITE_METHODS and labels & {"network", "decoded"} and isinstance(node.func, ir.Attr):
            self._handed(node.func.base, labels & {"network", "decoded"})
        if last in WRITE_METHODS and ("opened" in function.labels or self._base_text(node)):
            path = next((label[5:] for label in function.labels if label.startswith("path:")), "") or self._base_text(
                node
            )
            self._keep_file(node.line, path, labels, args[0] if args else EMPTY)
            return EMPTY
        if last in ("glob", "rglob", "iterdir", "walk"):
            base = self._base_text(node)
            text = " ".join([base, *(item.text() for item in args)])
            wide = frozenset(("wide",)) if EVERYTHING.match(base) else NONE
            secret = frozenset(("secret",)) if SECRET_PATH.search(text) else NONE
            return Value(carried | {"listing"} | secret | wide)
        if last == "dup2" and "wire" in carried:
            self.note("dup", node.line, carried)
        if last in ("pipe",) and args and "wire" in carried | args[0].labels:
            self.note(
                "send",
                node.line,
                function.labels,
                next((label[3:] for item in args for label in item.labels if label.startswith("to:")), ""),
                "pipe",
            )
        if calls.NEUTRAL.match(dotted):
            return EMPTY
        if dotted in ("bytes", "bytearray", "map", "list", "chr", "str", "tuple") and args:
            if dotted == "map" and len(args) > 1:
                args = [args[1]]
            if dotted == "chr":
                return Value(labels | {"decoded"}, constants.characters([args[0].const]))
            numbers = [item.const for item in args[0].items]
            const = (
                constants.characters(numbers)
                if numbers
                else args[0].const
                if dotted in ("str", "bytes", "list")
                else None
            )
            return self._noted(
                node.line,
                Value(carried | (frozenset(("decoded",)) if const and numbers else NONE), const, items=args[0].items),
            )
        return self._text_method(node, last, carried, args)

    def _handed(self, base: ir.Node, labels: frozenset[str]) -> None:
        """What is written through a handle is in the file that the handle's name leads to."""
        if isinstance(base, ir.Name) and base.name in self.names:
            old = self.names[base.name]
            self.names[base.name] = replace(old, labels=old.labels | labels)

    def _text_method(self, node: ir.Call, last: str, carried: frozenset[str], args: list[Value]) -> Value:
        """A method of a text or list, calculated if both are known."""
        base = self.value(node.func.base) if isinstance(node.func, ir.Attr) else EMPTY
        items = [item.const for item in (args[0].items if args and args[0].items else base.items)]
        const = constants.method(
            last,
            base.const if last != "join" or isinstance(base.const, str) else (args[0].const if args else None),
            [item.const for item in args],
            items,
        )
        return self._noted(
            node.line,
            Value(
                carried,
                const,
                "path" if base.dotted == "path" else "",
                items=base.items if last in ("reverse", "split", "map", "copy", "items") else (),
            ),
        )

    def _base_text(self, node: ir.Call) -> str:
        return self.value(node.func.base).text() if isinstance(node.func, ir.Attr) else ""
