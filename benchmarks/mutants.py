"""Which forgotten workspace filters the tests would notice: each one is removed in turn, and the doors are tried.

    python -m benchmarks.mutants

Nothing is edited: a mutant is a function whose code object was compiled from a changed syntax tree. Filters are
removed with row-level security off, as it would hide their absence; scopes with it on, as nothing else needs them.
Only the doors that run the function are tried. Prints how many mutants were caught, and those that were not.
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("workspaces", "tools", "marketplace", "agents", "recipes")
# Modules no door of the matrix leads through: workers, commands, Clerk's webhooks, seeds.
LEFT_OUT = ("tests", "migrations", "management", "seeds", "models")
NAMES = ("workspace", "workspace_id", "workspace_id__in", "workspace__slug")
READS = ("filter", "get", "exclude")
SCOPES = ("workspace_scope", "person_scope")


@dataclass(frozen=True)
class Mutant:
    """One change. function: the qualified name in its module; kind: filter or scope."""

    module: str
    function: str
    line: int
    kind: str
    text: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.module}.{self.function}:{self.line} [{self.kind}] {self.text[:90]}"


def mutants() -> Iterator[Mutant]:
    """Every mutant of the product's modules."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not set(parts) & set(LEFT_OUT):
                yield from _of_module(".".join(parts).removesuffix(".__init__"), path)


def _of_module(name: str, path: Path) -> Iterator[Mutant]:
    source = path.read_text(encoding="utf-8")
    for number in range(len(_sites(ast.parse(source)))):
        tree = ast.parse(source)
        site = _sites(tree)[number]
        line, text = site.line, ast.unparse(site.node)
        site.apply()
        ast.fix_missing_locations(tree)
        code = _enclosing(compile(tree, str(path), "exec"), line)
        if code is not None:
            yield Mutant(name, code.co_qualname, line, site.kind, text, code)


@dataclass
class Site:
    """A place that can be changed."""

    node: Any
    kind: str
    keyword: Any = None

    @property
    def line(self) -> int:
        return int(self.keyword.value.lineno if self.keyword else self.node.lineno)

    def apply(self) -> None:
        """Change it."""
        if self.kind == "scope":
            self.node.func = ast.parse("__import__('contextlib').nullcontext", mode="eval").body
            self.node.args, self.node.keywords = [], []
        elif isinstance(self.node, ast.Attribute):
            owner = ast.unparse(self.node.value)
            text = f"type({owner}).{self.node.attr}.rel.related_model._default_manager"
            changed = ast.parse(text, mode="eval").body
            self.node.value, self.node.attr = changed.value, changed.attr  # type: ignore[attr-defined]
        else:
            self.node.keywords.remove(self.keyword)
            if ast.unparse(self.node.func) == "Q" and not (self.node.keywords or self.node.args):
                # An empty Q would be left out of an OR; this one is always true.
                self.node.keywords = [ast.keyword("pk__isnull", ast.Constant(False))]


def _sites(tree: ast.AST) -> list[Site]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found.extend(_of_call(node))
        elif isinstance(node, ast.Attribute) and _is_relation(node):
            found.append(Site(node, "filter"))
    return found


def _of_call(node: ast.Call) -> list[Site]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called in SCOPES:
        return [Site(node, "scope")]
    if called not in (*READS, "Q"):
        return []
    chosen = [k for k in node.keywords if k.arg in NAMES and not isinstance(k.value, ast.Constant)]
    return [Site(node, "filter", keyword) for keyword in chosen]


def _is_relation(node: ast.Attribute) -> bool:
    from workspaces.models import Workspace

    owner = ast.unparse(node.value).split(".")[-1]
    return owner == "workspace" and node.attr in {
        relation.get_accessor_name() for relation in Workspace._meta.related_objects if not relation.hidden
    }


def _enclosing(code: CodeType, line: int) -> CodeType | None:
    """The innermost named function around a line."""
    best = None
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            lines = [number for _, _, number in inner.co_lines() if number]
            if lines and inner.co_firstlineno <= line <= max(lines):
                best = _enclosing(inner, line) or (None if inner.co_name.startswith("<") else inner) or best
    return best if best is not None else None


def living(mutant: Mutant) -> FunctionType | None:
    """The function of the running product that the mutant changes."""
    found: Any = importlib.import_module(mutant.module)
    for part in mutant.function.split("."):
        found = found.__dict__.get(part) if isinstance(found, type) else getattr(found, part, None)
    found = getattr(found, "fget", getattr(found, "__func__", found))
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    is_same = isinstance(found, FunctionType) and found.__code__.co_freevars == mutant.code.co_freevars
    return found if is_same else None


if __name__ == "__main__":
    arguments = ["benchmarks/mutants_run.py", "-s", "--timeout=7200", "-o", "python_files=mutants_run.py"]
    sys.exit(pytest.main([*arguments, "--show-capture=no", "-p", "no:cacheprovider", "-p", "no:logging"]))
