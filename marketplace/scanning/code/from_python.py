"""Python source to the nodes of the flow analysis."""

import ast
import warnings

from marketplace.scanning.code import ir

OPS = {
    ast.Add: "+",
    ast.BitXor: "^",
    ast.Mod: "%",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Sub: "-",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}


def parse(text: str, line: int = 1) -> list[ir.Node] | None:
    """The statements, or None if this is no Python. line: of the file on which the text begins."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return _Reader(line - 1).body(tree.body)


class _Reader:
    def __init__(self, shift: int) -> None:
        self.shift = shift

    def body(self, nodes: list[ast.stmt]) -> list[ir.Node]:
        return [found for node in nodes for found in self.statement(node)]

    def statement(self, node: ast.stmt) -> list[ir.Node]:
        line = node.lineno + self.shift
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            params = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            found: list[ir.Node] = [self.expression(item) for item in node.decorator_list]
            return [*found, ir.Func(node.name, params, self.body(node.body), line)]
        if isinstance(node, ast.ClassDef):
            return [ir.Block(self.body(node.body), "class", line=line)]
        if isinstance(node, ast.Import):
            return [
                ir.Import(
                    {
                        (item.asname or item.name.partition(".")[0]): (
                            item.name if item.asname else item.name.partition(".")[0]
                        )
                        for item in node.names
                    },
                    line,
                )
            ]
        if isinstance(node, ast.ImportFrom):
            return [
                ir.Import({(item.asname or item.name): f"{node.module or ''}.{item.name}" for item in node.names}, line)
            ]
        if isinstance(node, ast.Return):
            return [ir.Return(self.expression(node.value) if node.value else None, line)]
        if isinstance(node, ast.Expr):
            return [self.expression(node.value)]
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return self._assign(node, line)
        return self._compound(node, line)

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, line: int) -> list[ir.Node]:
        if node.value is None:
            return []
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name for target in targets for name in self._names(target)]
        place = next(
            (self.expression(target) for target in targets if isinstance(target, ast.Subscript | ast.Attribute)), None
        )
        return [ir.Assign(names, self.expression(node.value), line, add=isinstance(node, ast.AugAssign), place=place)]

    def _names(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Name):
            return [node.id]
        if isinstance(node, ast.Attribute):
            return [f"{ast.unparse(node.value)}.{node.attr}"] if isinstance(node.value, ast.Name) else []
        if isinstance(node, ast.Subscript):
            return self._names(node.value)
        if isinstance(node, ast.Tuple | ast.List):
            return [name for item in node.elts for name in self._names(item)]
        return self._names(node.value) if isinstance(node, ast.Starred) else []

    def _compound(self, node: ast.stmt, line: int) -> list[ir.Node]:
        if isinstance(node, ast.For | ast.AsyncFor):
            head = ir.Assign(self._names(node.target), self.expression(node.iter), line)
            return [ir.Block([head, *self.body(node.body), *self.body(node.orelse)], "for", line=line)]
        if isinstance(node, ast.While):
            endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
            return [ir.Block([self.expression(node.test), *self.body(node.body)], "while", endless, line)]
        if isinstance(node, ast.If):
            return [
                ir.Block([self.expression(node.test), *self.body(node.body), *self.body(node.orelse)], "if", line=line)
            ]
        if isinstance(node, ast.With | ast.AsyncWith):
            heads: list[ir.Node] = []
            for item in node.items:
                value = self.expression(item.context_expr)
                heads.append(ir.Assign(self._names(item.optional_vars), value, line) if item.optional_vars else value)
            return [ir.Block([*heads, *self.body(node.body)], "with", line=line)]
        if isinstance(node, ast.Try | ast.TryStar):
            handlers = [found for handler in node.handlers for found in self.body(handler.body)]
            return [
                ir.Block(
                    [*self.body(node.body), *handlers, *self.body(node.orelse), *self.body(node.finalbody)],
                    "try",
                    line=line,
                )
            ]
        if isinstance(node, ast.Match):
            cases = [found for case in node.cases for found in self.body(case.body)]
            return [ir.Block([self.expression(node.subject), *cases], "if", line=line)]
        return [self.expression(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def expression(self, node: ast.AST) -> ir.Node:
        line = getattr(node, "lineno", 0) + self.shift
        if isinstance(node, ast.Constant):
            return ir.Const(node.value if isinstance(node.value, str | bytes | int) else None, line)
        if isinstance(node, ast.Name):
            return ir.Name(node.id, line)
        if isinstance(node, ast.Attribute):
            return ir.Attr(self.expression(node.value), node.attr, line)
        if isinstance(node, ast.Subscript):
            return self._subscript(node, line)
        if isinstance(node, ast.Call):
            args = [self.expression(item.value if isinstance(item, ast.Starred) else item) for item in node.args]
            kwargs = {item.arg or "**": self.expression(item.value) for item in node.keywords}
            return ir.Call(self.expression(node.func), args, kwargs, line)
        if isinstance(node, ast.BinOp):
            return ir.Op(OPS.get(type(node.op), "?"), self.expression(node.left), self.expression(node.right), line)
        if isinstance(node, ast.JoinedStr):
            return ir.Many(
                [self.expression(item.value if isinstance(item, ast.FormattedValue) else item) for item in node.values],
                joined=True,
                line=line,
            )
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            first = node.generators[0]
            body = (
                ir.Many([self.expression(node.key), self.expression(node.value)])
                if isinstance(node, ast.DictComp)
                else self.expression(node.elt)
            )
            return ir.Each(self._names(first.target), self.expression(first.iter), body, line)
        return self._other(node, line)

    def _subscript(self, node: ast.Subscript, line: int) -> ir.Node:
        reverse = (
            isinstance(node.slice, ast.Slice) and isinstance(node.slice.step, ast.UnaryOp) and node.slice.lower is None
        )
        key = None if isinstance(node.slice, ast.Slice) else self.expression(node.slice)
        return ir.Index(
            self.expression(node.value), key, "reverse" if reverse else "slice" if key is None else "", line
        )

    def _other(self, node: ast.AST, line: int) -> ir.Node:
        if isinstance(node, ast.Lambda):
            return ir.Func("", [arg.arg for arg in node.args.args], [], line, self.expression(node.body))
        if isinstance(node, ast.Dict):
            keys = [
                key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "" for key in node.keys
            ]
            values = [self.expression(item) for item in node.values]
            return ir.Many(values, keys=keys, line=line)
        if isinstance(node, ast.NamedExpr):
            return ir.Assign(self._names(node.target), self.expression(node.value), line)
        if isinstance(node, ast.Await | ast.Starred | ast.FormattedValue):
            return self.expression(node.value)
        children = [self.expression(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return ir.Many(children, line=line)
