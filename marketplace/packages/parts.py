"""What lies in a package beside its components: inert parts, hidden files, programs, archives; each named once."""

from collections.abc import Mapping, Sequence
from typing import Any

from automatos.skill_format.discovery import LFS_POINTER
from marketplace.packages.folder import Folder
from marketplace.packages.package import PackageFile, Part, PartKind
from marketplace.packages.values import line

# Folder or file, what it holds for Claude Code, and which files of it count.
PLACES: Sequence[tuple[str, PartKind]] = (
    (r"bin/.+", "executable"),
    (r"\.lsp\.json", "lsp_server"),
    (r"output-styles/.*\.(?i:md)", "output_style"),
    (r"workflows/[^/]+\.js", "workflow"),
    (r"themes/.+\.json", "theme"),
    (r"monitors/monitors\.json", "monitor"),
    (r"settings\.json", "settings"),
)
PROGRAMS = (
    b"\x7fELF",
    b"MZ",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\x00asm",
)
WORDS: dict[PartKind, str] = {
    "executable": "for the shell's path",
    "lsp_server": "language servers",
    "output_style": "output styles",
    "workflow": "workflows",
    "theme": "themes",
    "monitor": "monitors",
    "settings": "settings of the client",
    "evaluation": "evaluations",
}


# Manifest fields that set such a part up, or name its files.
FIELDS: dict[str, PartKind] = {
    "lspServers": "lsp_server",
    "outputStyles": "output_style",
    "workflows": "workflow",
    "themes": "theme",
    "monitors": "monitor",
    "evals": "evaluation",
    "settings": "settings",
}


def read_parts(folder: Folder, manifest: Mapping[str, Any], where: str) -> list[Part]:
    """The components that Automatos has no use for, with a warning for each kind. where: the manifest's own path."""
    found = []
    more = manifest.get("experimental")
    for field, value in {**(more if isinstance(more, dict) else {}), **manifest}.items():
        if value and (named := FIELDS.get(field)):
            names = value if isinstance(value, (dict, list)) else [value]
            found += [Part(named, line(name, 200) or field, where) for name in names]
            folder.notes.warn("inert_part", where, f"`{field}` is kept and shown, and not used here ({WORDS[named]}).")
    for pattern, kind in PLACES:
        files = folder.matching(pattern)
        found += [Part(kind, file.path.rpartition("/")[2], file.path) for file in files]
        folder.notes.warn_of_all(
            "inert_part", [file.path for file in files], f"kept and shown, and not used here ({WORDS[kind]})"
        )
    return found


def warn_of_files(folder: Folder) -> None:
    """A warning for each kind of file that a reader would not expect or not see."""
    files = folder.by_path.values()
    notes = folder.notes
    notes.warn_of_all(
        "hidden_files", [file.path for file in files if _is_hidden(file.path)], "hidden; it is scanned like the others"
    )
    notes.warn_of_all(
        "executables", [file.path for file in files if _is_program(file)], "executable; it is kept and never run"
    )
    pointers = [file.path for file in files if file.data.startswith(LFS_POINTER)]
    notes.warn_of_all("lfs_pointer", pointers, "kept outside git (LFS); only a pointer is here")


def _is_hidden(path: str) -> bool:
    known = path.startswith(".claude-plugin/") or path in (".mcp.json", ".lsp.json")
    return not known and any(part.startswith(".") for part in path.split("/"))


def _is_program(file: PackageFile) -> bool:
    return file.executable or file.data.startswith(PROGRAMS)
