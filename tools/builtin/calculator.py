"""calculator: arithmetic to 50 digits, by walking the parsed expression; nothing is ever executed."""

import ast
import asyncio
import math
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow, localcontext

from tools.contract import Arguments, Tool, ToolContext, ToolProblem, ToolResult, object_schema

DIGITS = 50
LARGEST = 100_000  # decimal exponent
MOST_PARTS = 500
CONTEXT = Context(prec=DIGITS, Emax=LARGEST, Emin=-LARGEST, traps=[Overflow, DivisionByZero, InvalidOperation])
NAMES = {
    "pi": Decimal("3.14159265358979323846264338327950288419716939937510582097494"),
    "e": Decimal("2.71828182845904523536028747135266249775724709369995957496697"),
}


def _float(function: Callable[..., float]) -> Callable[..., Decimal]:
    """A function of the math module, exact to about 15 digits."""

    def apply(*values: Decimal) -> Decimal:
        return Decimal(repr(function(*(float(value) for value in values))))

    return apply


def _round(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Half to even, as money is rounded."""
    if places != int(places) or abs(places) > DIGITS:
        raise ToolProblem(f"round takes a whole number of places from -{DIGITS} to {DIGITS}.")
    step = Decimal(1).scaleb(-int(places))
    # A number with more digits before the point than are kept has none behind it to round.
    return value if value.adjusted() - step.adjusted() >= DIGITS else value.quantize(step)


def _factorial(value: Decimal) -> Decimal:
    if value != int(value) or not 0 <= value <= 1000:
        raise ToolProblem("factorial takes a whole number from 0 to 1000.")
    return +Decimal(math.factorial(int(value)))


def _mean(*values: Decimal) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def _median(*values: Decimal) -> Decimal:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


FUNCTIONS: dict[str, tuple[Callable[..., Decimal], int, int]] = {
    # name: function, fewest and most values
    "abs": (abs, 1, 1),
    "round": (_round, 1, 2),
    "floor": (lambda value: value.to_integral_value("ROUND_FLOOR"), 1, 1),
    "ceil": (lambda value: value.to_integral_value("ROUND_CEILING"), 1, 1),
    "sqrt": (lambda value: value.sqrt(), 1, 1),
    "exp": (lambda value: value.exp(), 1, 1),
    "ln": (lambda value: value.ln(), 1, 1),
    "log10": (lambda value: value.log10(), 1, 1),
    "log": (lambda value, base=Decimal(10): value.ln() / base.ln(), 1, 2),
    "factorial": (_factorial, 1, 1),
    "min": (min, 1, MOST_PARTS),
    "max": (max, 1, MOST_PARTS),
    "sum": (lambda *values: sum(values, Decimal(0)), 1, MOST_PARTS),
    "mean": (_mean, 1, MOST_PARTS),
    "median": (_median, 1, MOST_PARTS),
    **{name: (_float(getattr(math, name)), 1, 1) for name in ("sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: (_float(getattr(math, name)), 1, 1) for name in ("degrees", "radians")},
    "atan2": (_float(math.atan2), 2, 2),
}


def _floored(left: Decimal, right: Decimal) -> Decimal:
    return (left / right).to_integral_value("ROUND_FLOOR")


OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: _floored,
    ast.Mod: lambda left, right: left - right * _floored(left, right),
    ast.Pow: lambda left, right: left**right,
}


def calculate(expression: str) -> Decimal:
    """The value; raises ToolProblem that says what cannot be calculated."""
    source = " ".join(expression.replace("^", "**").replace("\u00d7", "*").replace("\u00f7", "/").split())
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ToolProblem("This is not an expression. Write one such as (3 + 4) * 2 ** 0.5.") from None
    if sum(1 for _ in ast.walk(tree)) > MOST_PARTS * 4:
        raise ToolProblem("The expression is too long; calculate it in parts.")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            # As it is written, not as the nearest binary number.
            node.value = Decimal(  # type: ignore[assignment]  # the walk below knows it
                (ast.get_source_segment(source, node) or "0").replace("_", "")
            )
    with localcontext(CONTEXT):
        try:
            value = +_value(tree.body)
            if value.is_finite():
                return value
            raise OverflowError
        except DivisionByZero:
            raise ToolProblem("This divides by zero.") from None
        except Overflow:
            raise ToolProblem(f"The result has more than {LARGEST:,} digits.") from None
        except (DecimalException, ValueError, OverflowError):
            raise ToolProblem("This has no real value: a root or logarithm of a negative number, or 0 / 0.") from None
        except RecursionError:
            raise ToolProblem("The expression is nested too deeply; calculate it in parts.") from None


def _value(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=Decimal() | int() as number) if not isinstance(number, bool):
            value = Decimal(number)
        case ast.Name(id=name) if name in NAMES:
            value = NAMES[name]
        case ast.Name(id=name):
            raise ToolProblem(f"There is no {name[:40]}. There are the numbers {', '.join(NAMES)}.")
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            value = _value(inner)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            value = OPERATORS[type(operator)](_value(left), _value(right))
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]):
            value = _called(name, [_value(part) for part in _listed(parts)])
        case _:
            raise ToolProblem("Only numbers, + - * / // % **, brackets and functions can be calculated with.")
    return value


def _listed(parts: Sequence[ast.expr]) -> Sequence[ast.expr]:
    """sum([1, 2]) is taken like sum(1, 2)."""
    return parts[0].elts if len(parts) == 1 and isinstance(parts[0], ast.List | ast.Tuple) else parts


def _called(name: str, values: list[Decimal]) -> Decimal:
    if name not in FUNCTIONS:
        raise ToolProblem(f"There is no function {name[:40]}. There are: {', '.join(FUNCTIONS)}.")
    function, fewest, most = FUNCTIONS[name]
    if not fewest <= len(values) <= most:
        takes = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise ToolProblem(f"{name} takes {takes} values, not {len(values)}.")
    return function(*values)


def written(value: Decimal) -> str:
    """The number as a person writes it: no trailing zeros, an exponent only where it would be very long."""
    if not value:
        return "0"
    value = value.normalize(CONTEXT)
    return f"{value:f}" if -30 < value.adjusted() < DIGITS else str(value)


async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Calculate."""
    value = await asyncio.to_thread(calculate, arguments["expression"])
    return ToolResult(f"{arguments['expression'].strip()} = {written(value)}")


TOOL = Tool(
    name="calculator",
    title="Calculator",
    description=(
        "Calculate an expression exactly: + - * / // % **, brackets, pi, e, and "
        + ", ".join(FUNCTIONS)
        + ". Angles are in radians. Example: round(1299.99 * 1.19, 2). A percentage is a division by 100."
    ),
    schema=object_schema(
        {"expression": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "What to calculate."}},
        ["expression"],
    ),
    effects="none",
    run=run,
    seconds=10.0,
)
