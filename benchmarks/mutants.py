"""Which forgotten workspace filters the tests would notice: each one is removed in turn, and the tests are tried.

    python -m benchmarks.mutants            all of them; MUTANTS='agents.queries|_own' chooses some by name

A mutant is a function without one filter by workspace, or one statement of SQL without it, or one scope. Nothing is
edited: a function is given code that was compiled from a changed syntax tree. The tests of isolation are tried part by
part, those parts that run the function, up to the first that fails; then the ordinary tests of its module. Both are
tests of the suite, so a mutant that is caught here would fail it.
"""

import ast
import gc
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, cast

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
APPS = ("workspaces", "tools", "agents", "recipes")
LEFT_OUT = ("tests", "migrations", "seeds", "models")
# What narrows rows to a workspace. An exclude() narrows to everything else, so it is none.
NARROWING = re.compile(r"(\w+__)?workspace(_id)?(__in|__slug|__clerk_org_id)?")
READS = ("filter", "get", "locked", "Q")
SQL = re.compile(r"(?:\w+\.)?workspace_id = (?:%s|a\.workspace_id|ANY\(%s::uuid\[\]\))")
SCOPES = ("workspace_scope", "person_scope")
EQUIVALENT = "equivalent"
# (module, function) of those that ran.
SEEN: set[tuple[str, str]] = set()
NOTE = "__import__('benchmarks.mutants', fromlist=['SEEN']).SEEN.add(({!r}, {!r}))"


@dataclass(frozen=True)
class Mutant:
    """One change. function: its qualified name in its module, or the name of a constant.

    name: says which it is, also after other lines have moved. code: of the changed function. noting: the function's
    own, which adds itself to SEEN. Both are None for a constant.
    """

    module: str
    function: str
    name: str
    line: int
    kind: str
    text: str
    tree: ast.Module
    code: CodeType | None
    noting: CodeType | None

    def __str__(self) -> str:
        return f"{self.name} (line {self.line}) {self.text[:90]}"


def mutants() -> Iterator[Mutant]:
    """Every mutant of the product's modules."""
    for module, path in modules():
        yield from of_module(module, path)


def modules() -> Iterator[tuple[str, Path]]:
    """The product's modules and their files."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not set(parts) & set(LEFT_OUT):
                yield ".".join(parts).removesuffix(".__init__"), path


def of_module(module: str, path: Path) -> Iterator[Mutant]:
    """Every mutant of one file."""
    source, numbers = path.read_text(encoding="utf-8"), Counter[str]()
    for number in range(len(_sites(ast.parse(source)))):
        tree = ast.parse(source)
        site = _sites(tree)[number]
        line, text = site.line, ast.unparse(site.node)
        site.apply()
        code = _enclosing(compile(ast.fix_missing_locations(tree), str(path), "exec"), line)
        place = code.co_qualname if code else _assigned(tree, line)
        noting = _noting(source, str(path), module, place, line) if code else None
        numbers[place] += 1
        name = f"{module}.{place}:{numbers[place]}:{site.kind}"
        yield Mutant(module, place, name, line, site.kind, text, tree, code, noting)


def _assigned(tree: ast.Module, line: int) -> str:
    """The name of the module's constant around a line."""
    found = next(node for node in tree.body if node.lineno <= line <= (node.end_lineno or line))
    return ast.unparse(found.targets[0]) if isinstance(found, ast.Assign) else ""


def _noting(source: str, path: str, module: str, place: str, line: int) -> CodeType | None:
    """The function's own code, which says first that it ran."""
    tree = ast.parse(source)
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    function = max(around, key=lambda node: node.lineno)
    note = ast.parse(NOTE.format(module, place)).body[0]
    for node in ast.walk(note):
        ast.copy_location(node, function.body[0])
    function.body.insert(1 if ast.get_docstring(function) else 0, note)
    return _enclosing(compile(ast.fix_missing_locations(tree), path, "exec"), line)


@dataclass
class Site:
    """A place that can be changed. keyword: of the call `node` that is to go."""

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
        elif self.kind == "sql":
            self.node.value = SQL.sub(r"(\g<0> OR true)", self.node.value)
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
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            found.append(Site(node, "sql"))
    return found


def _of_call(node: ast.Call) -> list[Site]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called in SCOPES:
        return [Site(node, "scope")]
    if called not in READS:
        return []
    named = [keyword for keyword in node.keywords if NARROWING.fullmatch(keyword.arg or "")]
    return [Site(node, "filter", keyword) for keyword in named if not isinstance(keyword.value, ast.Constant)]


def _is_relation(node: ast.Attribute) -> bool:
    from workspaces.models import Workspace

    owner = ast.unparse(node.value).split(".")[-1]
    return owner == "workspace" and node.attr in {
        relation.get_accessor_name() for relation in Workspace._meta.related_objects if not relation.hidden
    }


def _enclosing(code: CodeType, line: int) -> CodeType | None:
    """The innermost named function around a line."""
    best = None
    for inner in _inside(code):
        if inner.co_firstlineno <= line <= _last_line(inner):
            best = _enclosing(inner, line) or (None if inner.co_name.startswith("<") else inner) or best
    return best


def _inside(code: CodeType) -> list[CodeType]:
    return [inner for inner in code.co_consts if isinstance(inner, CodeType)]


def _last_line(code: CodeType) -> int:
    """Of the code and what is in it: a class's own code ends where its last method begins."""
    own = [number for _, _, number in code.co_lines() if number]
    return max(own + [_last_line(inner) for inner in _inside(code)], default=0)


def living(mutant: Mutant) -> list[FunctionType]:
    """The functions of the running product that the mutant changes; more than one of a decorator's inner function."""
    code = mutant.code
    found = _functions().get((code.co_filename, code.co_qualname), []) if code else []
    return [function for function in found if function.__code__.co_freevars == cast(CodeType, code).co_freevars]


@cache
def _functions() -> dict[tuple[str, str], list[FunctionType]]:
    """Every function there is, by the file and name of its code."""
    for module in (settings.ROOT_URLCONF, *(module for module, _ in modules())):
        importlib.import_module(module)
    found = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType):
            found[thing.__code__.co_filename, thing.__code__.co_qualname].append(thing)
    return found


@contextmanager
def applied(mutant: Mutant) -> Iterator[bool]:
    """For a while the running product has the mutant; says whether it has, as there is no way into some."""
    with pytest.MonkeyPatch.context() as patch:
        functions = living(mutant)
        for function in functions:
            patch.setattr(function, "__code__", mutant.code)
        yield bool(functions) or _assigned_anew(mutant, patch)


def _assigned_anew(mutant: Mutant, patch: pytest.MonkeyPatch) -> bool:
    """Give the module the mutant's constant; whether it is one that can be read from the source."""
    assigned = [node for node in mutant.tree.body if isinstance(node, ast.Assign)]
    values = {ast.unparse(node.targets[0]): node.value for node in assigned}
    try:
        value = ast.literal_eval(values[mutant.function])
    except (KeyError, ValueError):
        return False
    patch.setattr(f"{mutant.module}.{mutant.function}", value)
    return True


def chosen() -> list[Mutant]:
    """All mutants, or those in whose name the regular expression MUTANTS is found."""
    wanted = re.compile(os.environ.get("MUTANTS", ""))
    return [mutant for mutant in mutants() if wanted.search(mutant.name)]


def main() -> None:
    """The tests of isolation first, then the ordinary ones for what is left; says how many were caught."""
    from benchmarks.mutants_ordinary import TESTS

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        files = sorted({file for files in TESTS.values() for file in files})
        isolation = ["benchmarks/mutants_isolation.py", "-s", "-o", "python_files=mutants_isolation.py"]
        for arguments in (isolation, ["-p", "benchmarks.mutants_ordinary", "-s", *files]):
            command = [
                sys.executable,
                "-m",
                "pytest",
                *arguments,
                "--timeout=7200",
                "-p",
                "no:logging",
                "-p",
                "no:warnings",
            ]
            subprocess.run(command, cwd=ROOT, env={**os.environ, "MUTANTS_TOLD": str(told)}, check=True)
        found: dict[str, str] = json.loads(told.read_text())
    counts = Counter("caught" if by else "survived" for by in found.values() if by != EQUIVALENT)
    total = sum(counts.values())
    print(f"{counts['caught']} of {total} caught ({100 * counts['caught'] / max(total, 1):.1f} %)")
    print(f"{sum(by == EQUIVALENT for by in found.values())} equivalent, {time.monotonic() - began:.0f} s")
    print("survivors:", *[name for name, by in found.items() if not by], sep="\n  ")


if __name__ == "__main__":
    main()
