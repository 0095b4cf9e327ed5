"""JavaScript and TypeScript source to the nodes of the flow analysis."""

import re
from functools import lru_cache

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from marketplace.scanning.code import ir

FUNCTIONS = frozenset(
    (
        "function_declaration",
        "function_expression",
        "function",
        "arrow_function",
        "method_definition",
        "generator_function_declaration",
        "generator_function",
    )
)
LOOPS = {"for_statement": "for", "for_in_statement": "for", "while_statement": "while", "do_statement": "while"}
ESCAPES = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u\{?([0-9a-fA-F]{4,6})\}?|([nrt0'\"\\`]))")
PLAIN = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
DEEPEST = 150


@lru_cache(maxsize=2)
def _parser(typed: bool) -> Parser:
    return Parser(Language(tree_sitter_typescript.language_tsx() if typed else tree_sitter_javascript.language()))


def parse(text: str, line: int = 1, *, typed: bool = False) -> list[ir.Node] | None:
    """The statements, or None where most of it cannot be read as JavaScript. line: where the text begins."""
    tree = _parser(typed).parse(text.encode("utf-8", "replace"))
    if (
        tree.root_node.has_error
        and tree.root_node.named_child_count
        and all(child.type == "ERROR" for child in tree.root_node.named_children)
    ):
        return None
    return _Reader(line).body(tree.root_node.named_children)


def _text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


class _Expressions:
    """Expressions; statements inside functions are left to the class below."""

    def __init__(self, line: int) -> None:
        self.shift = line
        self.depth = 0

    def function(self, node: Node) -> ir.Func:
        params = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        names = [
            name
            for child in (
                params.named_children
                if params is not None and params.type == "formal_parameters"
                else [params]
                if params
                else []
            )
            for name in self._names(child)
        ]
        body = node.child_by_field_name("body")
        name = _text(node.child_by_field_name("name"))
        line = node.start_point[0] + self.shift
        if body is not None and body.type != "statement_block":
            return ir.Func(name, names, [], line, self.expression(body))
        return ir.Func(name, names, self.body(body.named_children) if body is not None else [], line)

    def _names(self, node: Node | None) -> list[str]:
        if node is None:
            return []
        if node.type in ("identifier", "shorthand_property_identifier_pattern", "property_identifier"):
            return [_text(node)]
        if node.type == "member_expression":
            return [_text(node)] if len(_text(node)) < 80 else []
        if node.type in (
            "assignment_pattern",
            "pair_pattern",
            "required_parameter",
            "optional_parameter",
            "object_assignment_pattern",
        ):
            part = (
                node.child_by_field_name("left")
                or node.child_by_field_name("value")
                or node.child_by_field_name("pattern")
                or (node.named_children[0] if node.named_children else None)
            )
            return self._names(part)
        return [name for child in node.named_children for name in self._names(child)]

    def expression(self, node: Node) -> ir.Node:
        self.depth += 1
        try:
            return self._expression(node) if self.depth < DEEPEST else ir.Const(None)
        finally:
            self.depth -= 1

    def _expression(self, node: Node) -> ir.Node:
        kind, line = node.type, node.start_point[0] + self.shift
        if kind == "string":
            return ir.Const(_unescaped(_text(node)[1:-1]), line)
        if kind == "number":
            return ir.Const(_number(_text(node)), line)
        if kind in ("identifier", "this", "super", "shorthand_property_identifier"):
            return ir.Name(_text(node), line)
        if kind in FUNCTIONS:
            return self.function(node)
        if kind == "template_string":
            parts: list[ir.Node] = []
            for child in node.named_children:
                if child.type == "template_substitution":
                    parts += [self.expression(item) for item in child.named_children]
                else:
                    parts.append(ir.Const(_unescaped(_text(child)), line))
            return ir.Many(parts, joined=True, line=line) if parts else ir.Const("", line)
        if kind == "member_expression":
            base = node.child_by_field_name("object")
            return ir.Attr(
                self.expression(base) if base is not None else ir.Const(None),
                _text(node.child_by_field_name("property")),
                line,
            )
        if kind == "subscript_expression":
            base, key = node.child_by_field_name("object"), node.child_by_field_name("index")
            return ir.Index(
                self.expression(base) if base is not None else ir.Const(None),
                self.expression(key) if key is not None else None,
                line=line,
            )
        if kind in ("call_expression", "new_expression"):
            return self._call(node, line)
        return self._joined(node, kind, line)

    def _call(self, node: Node, line: int) -> ir.Node:
        func = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        args = [
            self.expression(child)
            for child in (arguments.named_children if arguments is not None else [])
            if child.type != "comment"
        ]
        return ir.Call(
            self.expression(func) if func is not None else ir.Const(None), args, {}, line, node.type == "new_expression"
        )

    def _joined(self, node: Node, kind: str, line: int) -> ir.Node:
        if kind == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None:
                return ir.Op(
                    _text(node.child_by_field_name("operator")), self.expression(left), self.expression(right), line
                )
        if kind in ("assignment_expression", "augmented_assignment_expression"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None:
                place = self.expression(left) if left.type in ("member_expression", "subscript_expression") else None
                value = self.expression(right)
                if isinstance(value, ir.Func) and left.type == "identifier":
                    value.name = _text(left)
                return ir.Assign(self._names(left), value, line, add=kind.startswith("aug"), place=place)
        if kind == "object":
            keys, values = [], []
            for child in node.named_children:
                given = child.child_by_field_name("value")
                keys.append(_text(child.child_by_field_name("key")).strip("'\""))
                values.append(self.expression(given if given is not None else child))
            return ir.Many(values, keys=keys, line=line)
        if kind in ("statement_block", "class_body"):
            return ir.Block(self.body(node.named_children), line=line)
        if kind in ("regex", "comment", "property_identifier", "true", "false", "null", "undefined"):
            return ir.Const(None, line)
        children = [self.expression(child) for child in node.named_children if "type" not in child.type]
        return children[0] if len(children) == 1 else ir.Many(children, line=line)

    def body(self, nodes: list[Node]) -> list[ir.Node]:
        raise NotImplementedError


class _Reader(_Expressions):
    """Statements."""

    def body(self, nodes: list[Node]) -> list[ir.Node]:
        return [found for node in nodes for found in self.statement(node)]

    def statement(self, node: Node) -> list[ir.Node]:
        self.depth += 1
        try:
            return self._statement(node) if self.depth < DEEPEST else []
        finally:
            self.depth -= 1

    def _statement(self, node: Node) -> list[ir.Node]:
        kind, line = node.type, node.start_point[0] + self.shift
        if kind in ("comment", "empty_statement", "interface_declaration", "type_alias_declaration"):
            return []
        if kind in FUNCTIONS:
            return [self.function(node)]
        if kind in (
            "expression_statement",
            "parenthesized_expression",
            "export_statement",
            "program",
            "statement_block",
            "else_clause",
            "class_body",
            "ERROR",
            "switch_body",
            "switch_case",
            "switch_default",
            "catch_clause",
            "finally_clause",
            "ambient_declaration",
        ):
            return self.body(node.named_children)
        if kind == "import_statement":
            return self._import(node, line)
        if kind in ("lexical_declaration", "variable_declaration"):
            return [
                found
                for child in node.named_children
                if child.type == "variable_declarator"
                for found in self._declared(child, line)
            ]
        if kind == "return_statement":
            return [ir.Return(self.expression(node.named_children[0]) if node.named_children else None, line)]
        if kind in LOOPS:
            condition = _text(node.child_by_field_name("condition")).strip("(); ")
            endless = (kind == "while_statement" and condition in ("true", "1")) or (
                kind == "for_statement" and "(;;)" in _text(node)[:12].replace(" ", "")
            )
            heads: list[ir.Node] = []
            if kind == "for_in_statement" and (right := node.child_by_field_name("right")):
                heads = [ir.Assign(self._names(node.child_by_field_name("left")), self.expression(right), line)]
            return [ir.Block([*heads, *self.body(node.named_children)], LOOPS[kind], endless, line)]
        if kind in (
            "if_statement",
            "try_statement",
            "switch_statement",
            "labeled_statement",
            "class_declaration",
            "class",
            "field_definition",
            "public_field_definition",
        ):
            return [ir.Block(self.body(node.named_children), "if", line=line)]
        return [self.expression(node)]

    def _import(self, node: Node, line: int) -> list[ir.Node]:
        source = _text(node.child_by_field_name("source")).strip("'\"`").removeprefix("node:")
        names: dict[str, str] = {}
        stack = list(node.named_children)
        while stack:
            part = stack.pop()
            if part.type == "import_specifier":
                name = _text(part.child_by_field_name("name"))
                names[_text(part.child_by_field_name("alias")) or name] = f"{source}.{name}"
            elif part.type == "identifier":
                names[_text(part)] = source
            else:
                stack += part.named_children
        return [ir.Import(names, line)]

    def _declared(self, node: Node, line: int) -> list[ir.Node]:
        target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is None or target is None:
            return []
        if value.type in FUNCTIONS:
            function = self.function(value)
            function.name = _text(target)
            return [function]
        source = self.expression(value)
        if target.type == "object_pattern" and (module := _required(source)):
            names = {}
            for child in target.named_children:
                key = _text(child.child_by_field_name("key")) or _text(child)
                names[(self._names(child) or [key])[0]] = f"{module}.{key}"
            return [ir.Import(names, line)]
        if target.type == "identifier" and (module := _required(source)):
            return [ir.Import({_text(target): module}, line)]
        return [ir.Assign(self._names(target), source, line)]


def _required(node: ir.Node) -> str:
    """`require("x")` or `await import("x")`."""
    if isinstance(node, ir.Attr) and (inner := _required(node.base)):
        return f"{inner}.{node.name}"
    if (
        isinstance(node, ir.Call)
        and isinstance(node.func, ir.Name)
        and node.func.name in ("require", "import")
        and node.args
        and isinstance(node.args[0], ir.Const)
    ):
        return str(node.args[0].value or "").removeprefix("node:")
    return ""


def _number(text: str) -> int | None:
    try:
        return int(text.replace("_", ""), 0)
    except ValueError:
        return None


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        code = match.group(1) or match.group(2)
        return chr(min(int(code, 16), 0x10FFFF)) if code else PLAIN.get(match.group(3), match.group(3))

    return ESCAPES.sub(one, text)
