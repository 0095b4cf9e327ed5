"""The language of conditions: values, comparisons and a few functions, such as `score >= 7 and not empty(review)`.

Names are those of prompts, without braces: `input.topic`, `previous_output`, `step_1_output`, an output key. A text
that reads as JSON is taken as what it says, so `review.score` is a field of it. There is no way to code from here: what
is not in the lists below is refused before it is evaluated, and nothing it can do grows past its input.
"""

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson
from simpleeval import SimpleEval

from automatos.errors import AppError

LONGEST = 2000
DEEPEST = 40
# Past this many characters a text is compared as text, whatever it reads like.
LONGEST_VALUE = 1_000_000
# What a whole number may have in bits; sums of such stay small.
LARGEST = 4096
NODES = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.Div, ast.Mod, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Call,
    ast.Name, ast.Load, ast.Attribute, ast.Subscript, ast.Constant, ast.List,
)  # fmt: skip
CALCULATED = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod)
# A model's JSON between code fences; no blanks are tried in two ways, so that thousands of them cost no time.
FENCED = re.compile(r"```(?:json)?[^\S\n]*+\n(.*)```", re.DOTALL)
CONSTANTS = {"true": True, "false": False, "null": None}


class ExpressionError(AppError):
    """A condition that cannot be read, or not be decided with the values that came."""

    code = "expression_error"


def _number(value: Any) -> float | int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, int) and value.bit_length() > LARGEST:
            raise ExpressionError("A number in the condition is too large.")
        return value
    try:
        return float(str(value)[:LONGEST].strip().removesuffix("%"))
    except ValueError:
        raise ExpressionError(f"{_shown(value)} is not a number.") from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _contains(value: Any, part: Any) -> bool:
    if isinstance(value, list):
        return part in value
    return part in value if isinstance(value, dict) else _text(part) in _text(value)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict)) else len(_text(value))


def _empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": _contains,
    "empty": _empty,
    "ends_with": lambda value, part: _text(value).endswith(_text(part)),
    "len": _length,
    "lower": lambda value: _text(value).lower(),
    "number": _number,
    "starts_with": lambda value, part: _text(value).startswith(_text(part)),
    "text": _text,
}
ARGUMENTS = {"contains": 2, "ends_with": 2, "starts_with": 2}


def _calculated(operate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Numbers only: text and lists would grow, and `%` would format."""

    def calculate(left: Any, right: Any) -> Any:
        if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in (left, right)):
            raise ExpressionError(f"Only numbers can be calculated with, not {_shown(left)} and {_shown(right)}.")
        return _number(operate(left, right))

    return calculate


def _evaluator(values: Mapping[str, Any]) -> Any:
    """simpleeval with nothing but the language above: no attribute of an object, no method, no formatting."""
    made = SimpleEval(functions=dict(FUNCTIONS), names=dict(values))

    def field(of: ast.expr, name: Any) -> Any:
        value = made._eval(of)
        try:
            if isinstance(value, (dict, list)) and not isinstance(name, bool):
                return value[name]
        except (KeyError, IndexError, TypeError):
            pass
        raise ExpressionError(f"{_shown(value)} has no {_shown(name)}.")

    made.operators = {
        kind: _calculated(operate) if kind in CALCULATED else operate
        for kind, operate in made.operators.items()
        if kind in NODES
    }
    made.nodes = {kind: handle for kind, handle in made.nodes.items() if kind in NODES} | {
        ast.Attribute: lambda node: field(node.value, node.attr),
        ast.Subscript: lambda node: field(node.value, made._eval(node.slice)),
        ast.List: lambda node: [made._eval(item) for item in node.elts],
    }
    return made


def check(expression: str, known: Collection[str]) -> str:
    """What is wrong with a condition; empty when it is fine. known: the names it may use, as prompts write them."""
    try:
        used = names(expression)
    except ExpressionError as error:
        return error.message
    unknown = next((name for name in used if name not in known), "")
    if not unknown:
        return ""
    choices = f"You can use {', '.join(known)}." if known else "There is nothing to refer to yet."
    return f"{unknown} is not known here. {choices}"


def names(expression: str) -> list[str]:
    """The inputs and outputs it reads, as prompts write them: `input.topic`, `score`. Raises ExpressionError."""
    found: list[str] = []

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            for argument in node.args:
                walk(argument)
            return
        key = _input_key(node)
        if key is not None:
            found.append(f"input.{key}")
        elif isinstance(node, ast.Name):
            if node.id not in CONSTANTS:
                found.append(node.id)
        else:
            for child in ast.iter_child_nodes(node):
                walk(child)

    walk(_parsed(expression))
    return list(dict.fromkeys(found))


def evaluate(expression: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> bool:
    """Whether the condition holds. outputs: values by name. Raises ExpressionError naming what cannot be decided."""
    return bool(calculate(expression, inputs, outputs))


def calculate(expression: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    """What the expression comes to. outputs: by name; texts are taken as what they say. Raises ExpressionError."""
    tree = _parsed(expression)
    values = {name: structured(one) if isinstance(one, str) else one for name, one in outputs.items()}
    try:
        return _evaluator({**values, **CONSTANTS, "input": dict(inputs)}).eval(expression, tree.body)
    except ExpressionError:
        raise
    except TypeError:
        raise ExpressionError("Text and numbers cannot be compared; write number(…) or text(…) around one.") from None
    except Exception as error:
        raise ExpressionError(f"The condition could not be decided: {error or type(error).__name__}."[:500]) from None


def structured(text: str) -> Any:
    """What a text says, also where a model put its JSON between code fences."""
    fenced = FENCED.fullmatch(text.strip()) if len(text) <= LONGEST_VALUE else None
    return value_of(fenced[1] if fenced else text)


def value_of(text: str) -> Any:
    """What a text says: a number, list, object, true or false where it reads as JSON; else the text, trimmed."""
    trimmed = text.strip()
    if len(trimmed) <= LONGEST_VALUE:
        try:
            return orjson.loads(trimmed)
        except ValueError:
            pass
    return trimmed


def _input_key(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "input":
        return node.attr
    is_item = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "input"
    if is_item and isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return None


def _parsed(expression: str) -> ast.Expression:
    if not expression.strip():
        raise ExpressionError("Write a condition, for example: contains(previous_output, 'yes')")
    if len(expression) > LONGEST:
        raise ExpressionError(f"A condition has at most {LONGEST:,} characters; this one has {len(expression):,}.")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" near character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ExpressionError(f"This condition cannot be read{place}. Write, for example: score >= 7") from None
    _checked(tree, 0)
    return tree


def _checked(node: ast.AST, depth: int) -> None:
    if depth > DEEPEST:
        raise ExpressionError("This condition is nested too deep.")
    if not isinstance(node, NODES):
        raise ExpressionError(f"Conditions know no {type(node).__name__}; they are values, comparisons and functions.")
    if isinstance(node, ast.Constant) and not isinstance(node.value, (str, int, float, type(None))):
        raise ExpressionError(f"{_shown(str(node.value))} is no value of a condition.")
    if isinstance(node, ast.Call):
        _check_call(node)
        children: Sequence[ast.AST] = node.args
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        _checked(child, depth + 1)


def _check_call(node: ast.Call) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        raise ExpressionError(f"There is no such function. There are: {', '.join(FUNCTIONS)}.")
    wanted = ARGUMENTS.get(name, 1)
    if node.keywords or len(node.args) != wanted:
        raise ExpressionError(f"{name} takes {wanted} value{'' if wanted == 1 else 's'}.")


def _shown(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
