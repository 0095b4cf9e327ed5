"""SKILL.md, read leniently: what can be understood is used with a warning; what no model could choose is left out.

Fields: https://agentskills.io/specification (six) and https://code.claude.com/docs/en/skills (more of them).
"""

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from automatos.skill_format.front_matter import FrontMatter, read_front_matter
from automatos.skill_format.plain_text import decode, one_line, shorten, visible
from automatos.skill_format.skill import SKILL_FILE, Skill, Skipped, is_true, tokens

# Bytes of a SKILL.md; the specification advises under 500 lines and 5,000 tokens.
LONGEST_FILE = 262_144
ADVISED_LINES, ADVISED_TOKENS = 500, 5_000
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_COMPATIBILITY = 64, 1_024, 500
MOST_METADATA = 100
SPECIFIED = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
# Claude Code's own fields: kept and shown. Those of the second list would change how its client runs the skill.
KEPT = ("when_to_use", "disable-model-invocation", "user-invocable", "argument-hint", "arguments", "paths", "effort")
NOT_ACTED_ON = ("disallowed-tools", "model", "context", "agent", "background", "hooks", "shell")
TOOL = re.compile(r"[^\s,()]+(?:\([^)]*\))?")
SHELL_LINE = re.compile(r"(?<![\w!`])!`[^`\n]+`")


def read_skill(data: bytes, *, path: str, otherwise: str, lenient: bool = False) -> Skill | Skipped:
    """The skill in the bytes of a SKILL.md, without resources and digest. Never raises.

    path: its folder in the source, "" for the top. otherwise: what a skill at the top without a name is called.
    lenient: front matter may be missing or of no use, and a description is then taken from the text.
    """
    file = f"{path}/{SKILL_FILE}" if path else SKILL_FILE
    if len(data) > LONGEST_FILE:
        return Skipped(file, f"It has {len(data):,} bytes, and at most {LONGEST_FILE:,} are read.")
    if b"\x00" in data:
        return Skipped(file, "It is not a text file: it holds zero bytes. Save it as UTF-8.")
    text, warnings = decode(data)
    head = read_front_matter(text)
    if head.problem and not lenient:
        return Skipped(file, head.problem)
    reader = _Reader(head, [*warnings, *head.warnings, *([head.problem] if head.problem else [])])
    description = reader.description() or (reader.first_lines() if lenient else "")
    if not description:
        return Skipped(file, "It has no description, by which an agent would choose it. Add one to its front matter.")
    skill = Skill(
        name=reader.name(path.rpartition("/")[2], otherwise),
        description=description,
        license=reader.text("license"),
        compatibility=reader.compatibility(),
        metadata=reader.metadata(),
        allowed_tools=reader.allowed_tools(),
        extra=reader.extra(),
        body=reader.body(),
        path=path,
    )
    return _with_warnings(skill, reader)


def slug(text: str) -> str:
    """The text as a skill's name: lowercase letters, digits and single hyphens, at most 64; perhaps empty."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\W_]+", "-", folded).strip("-")[:LONGEST_NAME].strip("-")


def _with_warnings(skill: Skill, reader: "_Reader") -> Skill:
    if reader.hidden:
        reader.warn(
            f"{reader.hidden:,} invisible characters were taken out: a model would read what a person cannot see."
        )
    return replace(skill, warnings=tuple(reader.warnings))


class _Reader:
    """One field after another, with a warning for each that is not as it should be."""

    def __init__(self, head: FrontMatter, warnings: list[str]) -> None:
        self.head = head
        self.warnings = warnings
        self.hidden = 0
        self.warn: Callable[[str], None] = self.warnings.append

    def text(self, field: str) -> str:
        """A field that must be text, in one line."""
        value = self.head.fields.get(field, "")
        if not isinstance(value, str):
            self.warn(f"`{field}` must be a text; it is a {_kind(value)} and was left out.")
            return ""
        return one_line(self._seen(value))

    def description(self) -> str:
        text = self.text("description")
        if len(text) > LONGEST_DESCRIPTION:
            self.warn(f"`description` has {len(text):,} characters; {LONGEST_DESCRIPTION:,} are kept.")
        return shorten(text, LONGEST_DESCRIPTION)

    def first_lines(self) -> str:
        """The first paragraph or heading of the text, where nothing else says what the skill is for."""
        paragraphs = (one_line(visible(part)[0]).lstrip("# ") for part in re.split(r"\n\s*\n", self.head.body[:20_000]))
        text = next((text for text in paragraphs if text), "")
        self.warn("`description` is missing; the beginning of the text stands for it.")
        return shorten(text, LONGEST_DESCRIPTION)

    def compatibility(self) -> str:
        text = self.text("compatibility")
        if len(text) > LONGEST_COMPATIBILITY:
            self.warn(f"`compatibility` has {len(text):,} characters; {LONGEST_COMPATIBILITY} are kept.")
        return shorten(text, LONGEST_COMPATIBILITY)

    def name(self, folder: str, otherwise: str) -> str:
        """The name in its right form: from the field, else from the folder."""
        given = self.text("name")
        name = slug(given) or slug(folder) or slug(otherwise) or "skill"
        if not given:
            self.warn(f"`name` is missing; {name} was taken from the folder.")
        elif name != given:
            self.warn(
                f"`name` is {shorten(given, 80)!r}, which becomes {name}: "
                "lowercase letters, digits and single hyphens, at most 64."
            )
        elif folder and slug(folder) != name:
            self.warn(f"`name` is {name}, but its folder is {shorten(folder, 80)}; they should be the same.")
        return name

    def metadata(self) -> dict[str, str]:
        value = self.head.fields.get("metadata", {})
        if value in ("", {}):
            return {}
        if not isinstance(value, dict):
            self.warn(f"`metadata` must be a list of `name: text` lines; it is a {_kind(value)} and was left out.")
            return {}
        if nested := [name for name, item in value.items() if not isinstance(item, str)]:
            self.warn(f"`metadata` should hold texts; kept as JSON: {', '.join(map(repr, nested[:5]))}.")
        if len(value) > MOST_METADATA:
            self.warn(f"`metadata` has {len(value)} entries; the first {MOST_METADATA} are kept.")
        entries = list(value.items())[:MOST_METADATA]
        return {one_line(self._seen(name)): self._flat(item) for name, item in entries}

    def allowed_tools(self) -> tuple[str, ...]:
        value = self.head.fields.get("allowed-tools", "")
        listed = " ".join(item for item in value if isinstance(item, str)) if isinstance(value, list) else value
        if not isinstance(listed, str):
            self.warn(f"`allowed-tools` must be a text; it is a {_kind(value)} and was left out.")
            return ()
        return tuple(dict.fromkeys(TOOL.findall(self._seen(listed))))

    def extra(self) -> dict[str, Any]:
        more = {name: value for name, value in self.head.fields.items() if name not in SPECIFIED}
        if inert := [name for name in more if name in NOT_ACTED_ON]:
            self.warn(f"Kept but not acted on: {_names(inert)}.")
        if unknown := [name for name in more if name not in KEPT and name not in NOT_ACTED_ON]:
            self.warn(f"Not part of the format, kept and not used: {_names(unknown)}.")
        if is_true(more.get("disable-model-invocation")):
            self.warn("`disable-model-invocation` is true: agents are not offered this skill.")
        return {one_line(self._seen(name)): self._clean(value) for name, value in more.items()}

    def body(self) -> str:
        text = self._seen(self.head.body)
        lines, cost = text.count("\n") + 1, tokens(text)
        if not text.strip():
            self.warn("It has no instructions after its front matter.")
        elif lines > ADVISED_LINES or cost > ADVISED_TOKENS:
            self.warn(
                f"Its instructions are long: {lines:,} lines, about {cost:,} tokens "
                f"({ADVISED_LINES} and {ADVISED_TOKENS:,} are advised)."
            )
        if SHELL_LINE.search(text):
            self.warn("Commands in its text (!`…`) are shown to the model as text and never run.")
        return text

    def _seen(self, text: str) -> str:
        kept, hidden = visible(text)
        self.hidden += hidden
        return kept

    def _clean(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, dict):
            return {one_line(self._seen(name)): self._clean(item) for name, item in value.items()}
        return one_line(self._seen(value))

    def _flat(self, value: Any) -> str:
        cleaned = self._clean(value)
        return cleaned if isinstance(cleaned, str) else json.dumps(cleaned, ensure_ascii=False)


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "mapping"


def _names(names: list[str]) -> str:
    shown = ", ".join(f"`{shorten(one_line(visible(name)[0]), 40)}`" for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown
