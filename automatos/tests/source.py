"""The project's own source, parsed: what the ground rules look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("automatos", "workspaces", "tools", "marketplace", "agents", "recipes")


@dataclass(frozen=True)
class Module:
    """One file. name: dotted, a package without `.__init__`."""

    name: str
    path: Path
    tree: ast.Module
    lines: int

    @property
    def app(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_test(self) -> bool:
        """Tests, and what only tests use."""
        return "tests" in self.name.split(".") or self.path.stem == "testing"

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


@dataclass(frozen=True)
class Import:
    """One imported module. in_function: the function it hides in, if it does."""

    target: str
    line: int
    in_function: str = ""


@cache
def modules() -> dict[str, Module]:
    """Every source file of the apps by its dotted name, migrations left out."""
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" in parts:
                continue
            name = ".".join(parts).removesuffix(".__init__")
            text = path.read_text(encoding="utf-8")
            found[name] = Module(name, path, ast.parse(text), len(text.splitlines()))
    return found


@cache
def imports(name: str) -> tuple[Import, ...]:
    """What a module imports, wherever in the file, each as precisely as a file or package is known for it."""
    return tuple(_walk(modules()[name].tree, ""))


def _walk(node: ast.AST, function: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, function) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            for alias in child.names:
                full = f"{base}.{alias.name}"
                yield Import(full if full in modules() else base, child.lineno, function)
        else:
            inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            yield from _walk(child, inner)


def inside(target: str, package: str) -> bool:
    """Whether a dotted name is the package or something in it."""
    return target == package or target.startswith(package + ".")
