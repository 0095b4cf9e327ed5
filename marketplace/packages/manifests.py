"""The two manifests: which names they know, of which kind, and what may not be in them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from automatos.skill_format.plain_text import visible
from marketplace.packages.folder import Folder
from marketplace.packages.json_text import read_object
from marketplace.packages.notes import refusal, shown
from marketplace.packages.package import PackageFile
from marketplace.packages.values import words

PLUGIN_FILE, MANIFEST_FILE = ".claude-plugin/plugin.json", "manifest.json"
PLUGIN_FIELDS = words(
    "name $schema displayName version description author homepage repository license keywords metadata defaultEnabled "
    "dependencies settings userConfig channels skills commands agents hooks mcpServers lspServers outputStyles "
    "workflows experimental"
)
MANIFEST_FIELDS = words(
    "slug name version description long_description author license tags recommended_models token_estimate contents "
    "tools category homepage repository"
)
# What a field has to be; the others are looked at where they are read.
KINDS: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(words("description long_description license homepage category displayName"), (str, "a text")),
    **dict.fromkeys(words("tags keywords recommended_models"), (list, "a list of texts")),
    "userConfig": (dict, "an object"),
    "dependencies": (list, "a list"),
}
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 64
MARK = b"\xef\xbb\xbf"
VERSION = re.compile(r"v?\d+(?:\.\d+){0,3}(?:[-+.][0-9A-Za-z.+-]*)?")
LONGEST_VERSION = 64
# What a plugin's name may not hold, for it stands in paths and in names of commands.
NOT_IN_NAMES = re.compile(r"[/\\@:]|\.\.")


def plugin_fields(file: PackageFile, folder: Folder) -> dict[str, Any]:
    """What a plugin.json says. Raises PackageRefused where it has no name that can be used."""
    fields = read_object(file, folder.notes)
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        raise refusal("missing_field", file.path, f"{file.path} has no `name`, the one field a plugin needs. Add it.")
    if NOT_IN_NAMES.search(name) or visible(json.loads(file.data.removeprefix(MARK))["name"])[1]:
        sentence = f"The name {shown(name)!r} in {file.path} has characters no name may have: / \\ @ : or hidden ones."
        raise refusal("bad_name", file.path, sentence)
    _warn(fields, PLUGIN_FIELDS, file.path, folder)
    return fields


def manifest_fields(folder: Folder) -> dict[str, Any]:
    """What a package's manifest.json says. Raises PackageRefused naming the field that is missing or wrong."""
    file = folder.by_path[MANIFEST_FILE]
    fields = read_object(file, folder.notes, strict=True)
    if missing := [name for name in ("slug", "name", "version") if str(fields.get(name) or "").strip() == ""]:
        raise refusal("missing_field", MANIFEST_FILE, f"manifest.json lacks {' and '.join(missing)}. Add it.")
    checks = (
        ("slug", SLUG, LONGEST_SLUG, "lowercase letters, digits and single hyphens"),
        ("name", None, 200, "a text"),
        ("version", VERSION, LONGEST_VERSION, "a version such as 1.2.0"),
    )
    for name, form, longest, what in checks:
        value = fields[name]
        if not isinstance(value, str) or len(value) > longest or (form and not form.fullmatch(value)):
            limits = f"{what}, at most {longest} characters"
            sentence = f"`{name}` in manifest.json is {shown(str(value))!r}; it has to be {limits}."
            raise refusal("bad_field", MANIFEST_FILE, sentence)
    contents = fields.get("contents")
    if contents is not None and not isinstance(contents, dict):
        raise refusal("contents", MANIFEST_FILE, "`contents` in manifest.json must be an object of lists. Mend it.")
    _warn(fields, MANIFEST_FIELDS, MANIFEST_FILE, folder)
    return fields


def _warn(fields: Mapping[str, Any], known: frozenset[str], where: str, folder: Folder) -> None:
    if unknown := [name for name in fields if name not in known]:
        names = ", ".join(map(shown, unknown[:8]))
        folder.notes.warn("unknown_field", where, f"Not part of the format, kept and not used: {names}.")
    for name, (kind, what) in KINDS.items():
        value = fields.get(name)
        if value is None:
            continue
        inside = value if isinstance(value, list) and name != "dependencies" else ()
        if not isinstance(value, kind) or not all(isinstance(item, str) for item in inside):
            folder.notes.warn("wrong_kind", where, f"`{name}` should be {what}.")
    author = fields.get("author")
    if author is not None and not isinstance(author, dict) and where == PLUGIN_FILE:
        folder.notes.warn("wrong_kind", where, "`author` should be an object with a name.")
