"""A pytest plugin under which one module is imported with its mutant: MUTANT names it."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

NAME = os.environ["MUTANT"]


class Finder(importlib.abc.MetaPathFinder):
    """Finds the one module, changed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """Its spec with our loader, once Django can say which relations a workspace has."""
        if name != NAME.split(":")[0].rpartition(".")[0] and not NAME.startswith(f"{name}."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.origin is None or spec.submodule_search_locations is not None:
            return None
        spec.loader = Loader(name, spec.origin)
        return spec


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles the changed tree."""

    def get_code(self, fullname: str) -> Any:
        """The module's code with the mutant in it."""
        from pathlib import Path

        from benchmarks.mutants import of_module

        found = [mutant for mutant in of_module(fullname, Path(self.path)) if mutant.name == NAME]
        return compile(found[0].tree, self.path, "exec") if found else super().get_code(fullname)


sys.meta_path.insert(0, Finder())
