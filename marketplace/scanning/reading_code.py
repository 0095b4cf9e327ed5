"""Reading the code of a source, by language."""

import re
from dataclasses import replace

from marketplace.scanning.code import from_javascript, from_python
from marketplace.scanning.code.meaning import CodeFlow
from marketplace.scanning.code.shell import read_shell
from marketplace.scanning.code.tokens import token_facts, windows_facts
from marketplace.scanning.reading_prose import COMMANDED, ProseReader
from marketplace.scanning.segments import segments

DEEPEST = 3
DESCRIBED = re.compile(r"\bdescription\b['\"]?\s*[:=(]")
WINDOWS_TOOL = re.compile(
    r"\b(?:powershell|pwsh|mshta|certutil|bitsadmin|rundll32|regsvr32|schtasks|"
    r"reg add)\b",
    re.I,
)
# A text that is itself a program which fetches, connects or runs something.
CODE_INSIDE = re.compile(
    r"\bexec\(.{0,80}urlopen|\b(?:exec|eval)\(.{0,60}(?:requests|urllib|b64decode|fetch)|"
    r"^(?:import|from) \w[^\n;]*[\n;][\s\S]{0,4000}(?:urlopen\(|requests\.|socket\.socket|os\.system\(|"
    r"subprocess\.|exec\()|"
    r"\brequire\(['\"](?:node:)?(?:child_process|https?|net)['\"]\)|\A#!\s?/\S+\n[\s\S]*(?:curl|wget|/dev/tcp)|"
    r"\b(?:curl|wget)\b[^\n|;]{0,200}\|\s*(?:sudo )?(?:ba|z)?sh\b",
    re.MULTILINE,
)


class CodeReader(ProseReader):
    """Code of a source, or of a fence in it."""

    def shell_text(self, text: str, line: int) -> None:
        before = len(self.shell.facts)
        read_shell(text, line, self.shell)
        self._take(before, 1.0)

    def python(self, text: str, line: int, *, comments: bool = True) -> None:
        nodes = from_python.parse(text, line)
        if nodes is None:
            self._add(token_facts(text, line, self.reading.known, self.block))
            self.encoded(text, line)
        else:
            self._follow(nodes, text, line)
        if comments:
            self.comments(text)

    def javascript(self, text: str, line: int, *, comments: bool = True) -> None:
        self.check()
        typed = self.reading.path.endswith(("ts", "tsx"))
        nodes = from_javascript.parse(text[:600_000], line, typed=typed)
        if nodes is None:
            self._add(token_facts(text, line, self.reading.known, self.block))
            self.encoded(text, line)
        else:
            self._follow(nodes, text, line)
        if comments:
            self.comments(text)

    def _follow(self, nodes: list, text: str, line: int) -> None:  # type: ignore[type-arg]
        context = self.shell

        def shell(command: str, at: int) -> frozenset[str]:
            before = len(context.facts)
            labels = read_shell(command, at, context)
            if WINDOWS_TOOL.search(command):
                context.facts.extend(windows_facts(command, at, self.reading.known, self.block))
            for fact in context.facts[before:]:
                fact.line = at
            self._take(before, 1.0)
            return labels

        flow = CodeFlow(
            self.reading.known,
            ["", *([""] * (line - 2)), *text.split("\n")] if line > 1 else text.split("\n"),
            shell,
            self.limit,
        )
        try:
            flow.run(nodes)
        finally:
            self._add(fact for fact in flow.facts if fact.kind != "literal")
        for fact in flow.facts:
            if fact.kind == "literal" and self.depth < DEEPEST:
                self.layer(fact.value, fact.line, "a text that is run as code", code=True)
        for number, literal in flow.literals[:3_000]:
            self._literal(literal, number)

    def _literal(self, literal: str, line: int) -> None:
        if literal in self.seen or len(literal) < 24:
            return
        self.seen.add(literal)
        self.encoded(literal, line)
        if "\n" in literal or " " in literal.strip():
            written = any(literal[:60] in raw for raw in self.reading.plain[max(line - 2, 0) : line + 2])
            if CODE_INSIDE.search(literal[:20_000]):
                self.layer(literal, line, "code in a text", code=True)
            elif COMMANDED.match(literal) and not written:
                self.layer(literal, line, "put together from pieces")
            elif (
                len(literal) > 60
                and literal.count(" ") > 8
                and not any(
                    mark + literal[:40] in "\n".join(self.reading.plain[max(line - 2, 0) : line + 1])
                    for mark in ('"""', "'''")
                )
            ):
                near = "\n".join(self.reading.plain[max(line - 3, 0) : line])
                # What a tool is said to do is told to a model.
                lang = "tool" if DESCRIBED.search(near) else "comment"
                found = [
                    replace(piece, line=line, lang=lang, block=line, breaks=())
                    for piece in segments(literal[:8_000], literal[:8_000].split("\n"))
                    if piece.kind != "fence"
                ]
                self.prose(found)

    def nested_code(self, text: str, name: str, line: int) -> frozenset[str]:
        """Code that a shell hands to an interpreter, or writes to a file."""
        if self.depth >= DEEPEST:
            return frozenset()
        before = len(self.reading.facts)
        head = text.lstrip()[:60] if text.lstrip().startswith("#!") else ""
        if "py" in name or "python" in head:
            self.python(text, line, comments=False)
        elif name.startswith(("node", "deno", "bun")) or name.endswith("js") or "node" in head:
            self.javascript(text, line, comments=False)
        elif "sh" in head or re.search(r"\bsh$|bash|zsh|hooks/|bin/", name):
            read_shell(text, line, self.shell)
        else:
            self._add(token_facts(text, line, self.reading.known, self.block))
        return frozenset(label for fact in self.reading.facts[before:] for label in fact.labels)
