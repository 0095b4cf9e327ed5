"""Nothing grows past its ceiling. Where one pinches, the second noun has arrived: split by noun."""

import ast
from collections.abc import Iterator

from automatos.tests.source import ROOT, Module, modules

FILE, TEST_FILE = 400, 400
FUNCTION, TEST, DOOR = 60, 40, 30
CLASS = 200
# In these files every function is a door: it translates, makes one call, and answers.
DOORS = ("views", "api", "consumers", "tasks")
SHEETS = ("static/css", "static/js", "templates")


def is_door(module: Module) -> bool:
    room = module.path.stem
    return module.app != "automatos" and any(room == word or room.startswith(f"{word}_") for word in DOORS)


def length(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Lines from the first to the last, without decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def nodes() -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Every function, method and class."""
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield module, node


def ceiling(module: Module, node: ast.AST) -> int:
    """How many lines a function or class may have."""
    if isinstance(node, ast.ClassDef):
        return CLASS
    if module.path.stem.startswith("test_"):
        return TEST
    return DOOR if is_door(module) else FUNCTION


def test_files_stay_small() -> None:
    ceilings = {name: TEST_FILE if module.is_test else FILE for name, module in modules().items()}
    wrong = [
        f"{module}: {module.lines} lines, at most {ceilings[name]}"
        for name, module in modules().items()
        if module.lines > ceilings[name]
    ]
    assert not wrong, "\n".join(wrong)


def test_functions_and_classes_stay_small() -> None:
    wrong = [
        f"{module}:{node.lineno} {node.name}: {length(node)} lines, at most {ceiling(module, node)}"
        for module, node in nodes()
        if length(node) > ceiling(module, node)
    ]
    assert not wrong, "\n".join(wrong)


def test_templates_and_sheets_stay_small() -> None:
    files = [path for folder in SHEETS for path in sorted((ROOT / folder).rglob("*.*")) if ".min." not in path.name]
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    wrong = [
        f"{path.relative_to(ROOT)}: {lines} lines, at most {FILE}" for path, lines in sizes.items() if lines > FILE
    ]
    assert not wrong, "\n".join(wrong)
