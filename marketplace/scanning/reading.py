"""Each source read by what it is: its prose, its code, and whatever is hidden or encoded in it."""

import re
import time
from dataclasses import replace

from marketplace.scanning import config, decoding
from marketplace.scanning.code.flow_state import OutOfTime
from marketplace.scanning.code.semantics import OVERRIDES
from marketplace.scanning.code.shell import read_shell
from marketplace.scanning.code.tokens import token_facts, windows_facts
from marketplace.scanning.hits import Fact, Hit, Reading
from marketplace.scanning.hosts import Known
from marketplace.scanning.inventory import Source
from marketplace.scanning.prose.voice import LESSON
from marketplace.scanning.reading_code import DEEPEST, CodeReader
from marketplace.scanning.reading_prose import COMMANDED, RUN_WORDING, SHELL_LANGS
from marketplace.scanning.scale import FILE_SECONDS, Strength
from marketplace.scanning.segments import Segment, segments

PYTHON_LANGS = frozenset("python py python3 ipython pycon".split())
SCRIPT_LANGS = frozenset("javascript js jsx ts typescript tsx mjs node cjs".split())
WINDOWS_LANGS = frozenset("powershell ps1 pwsh ps bat cmd batch".split())
DATA_LANGS = frozenset("json jsonc json5 yaml yml toml ini".split())
PROSE_LANGS = frozenset(("", "text", "txt", "markdown", "md", "prompt", "plaintext", "plain", "xml", "html"))
SCRIPT_TAG = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
SOURCES_OF = frozenset(("repository", "registry", "index", "source", "url", "index-url", "image"))
BY_ITSELF = re.compile(
    r"(?:^|/)(?:hooks?/[^/]+\.json|hooks\.json|\.mcp\.json|monitors\.json|plugin\.json|"
    r"settings(?:\.local)?\.json|tasks\.json)$"
)


def read_source(source: Source, known: Known, deadline: float) -> Reading:
    """Everything that can be said of one source; `failed` says what cut it short."""
    text = source.text.replace("\r\n", "\n")
    lines = text.split("\n")
    plain = [decoding.cleaned(line) for line in lines]
    reading = Reading(source, lines, plain, known)
    limit = min(deadline, time.process_time() + FILE_SECONDS)
    try:
        _Reader(reading, limit).read("\n".join(plain), source.kind)
    except OutOfTime:
        reading.failed = "larger than can be followed within two seconds"
    except RecursionError:
        reading.failed = "nested too deeply"
    return reading


UNREAD = re.compile(r"<(script|style)\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)


def _blank(match: re.Match[str]) -> str:
    """The lines of a script or style sheet, empty: they are read as code."""
    return "\n" * match.group().count("\n")


class _Reader(CodeReader):
    """Reads one source; texts found inside are read by the same rules, one layer deeper."""

    def read(self, text: str, kind: str) -> None:
        if kind in ("markdown", "text", "html"):
            if kind != "html" or self.reading.path.endswith((".html", ".htm", ".svg")):
                self.markdown(
                    UNREAD.sub(_blank, text) if kind == "html" else text, shown=kind == "html" and len(text) > 40_000
                )
            if kind == "html":
                for match in SCRIPT_TAG.finditer(text):
                    self.javascript(match.group(1), text.count("\n", 0, match.start()) + 1)
        elif kind == "python":
            self.python(text, 1)
        elif kind == "javascript":
            self.javascript(text, 1)
        elif kind == "shell":
            before = len(self.reading.facts)
            self.shell_text(text, 1)
            if "container" in self.reading.path.lower() or "docker" in self.reading.path.lower():
                # What is written there stays inside an image.
                self.reading.facts[before:] = [
                    fact
                    for fact in self.reading.facts[before:]
                    if fact.kind not in ("write", "persist", "delete", "guard")
                ]
            self.comments(text)
        elif kind == "powershell":
            self._add(windows_facts(text, 1, self.reading.known, self.block))
            self.comments(text)
        elif self.reading.path.endswith(".ipynb") and (cells := config.notebook_code(text)):
            self.python(cells, 1)
            self.data(text, "json")
        elif kind in ("json", "yaml"):
            self.data(text, kind)
        else:
            self._add(token_facts(text, 1, self.reading.known, self.block))
            self.comments(text)
        self.hidden(text)
        if kind not in ("python", "javascript"):
            self.encoded(text, 1)

    def markdown(self, text: str, *, shown: bool = False) -> None:
        pieces = segments(text, text.split("\n"), shown=shown)
        blocks: dict[int, list[Segment]] = {}
        for piece in pieces:
            if piece.kind == "fence":
                self.fence(piece)
            else:
                blocks.setdefault(piece.block, []).append(piece)
                self._inline_code(piece)
        for block in blocks.values():
            self.prose(block)

    def fence(self, piece: Segment) -> None:
        lang, text, line = piece.lang.strip("."), piece.text, piece.line
        self.block += 1
        lesson = bool(LESSON.search(piece.heading))
        role = 0.6 if lesson else 1.0 if RUN_WORDING.search(f"{piece.lead} {piece.heading}") else 0.9
        before, facts = len(self.shell.facts), len(self.reading.facts)
        if lang in PYTHON_LANGS:
            self.python(text, line, comments=False)
        elif lang in SCRIPT_LANGS:
            self.javascript(text, line, comments=False)
        elif lang in WINDOWS_LANGS:
            self._add(windows_facts(text, line, self.reading.known, self.block))
        elif lang in DATA_LANGS:
            self.data(text, "json" if lang.startswith("json") else "yaml", line, fenced=True)
        elif lang in SHELL_LANGS or COMMANDED.search(text):
            self.shell.block = self.block
            read_shell(re.sub(r"(?m)^\s*(?:\$|>|%|#(?= (?:curl|wget|bash|sh)\b)) ", "", text), line, self.shell)
            self._add(
                windows_facts(text, line, self.reading.known, self.block)
            ) if "powershell" in text.lower() else None
        elif lang not in PROSE_LANGS:
            self._add(token_facts(text, line, self.reading.known, self.block))
        self._take(before, role)
        for fact in self.reading.facts[facts:]:
            fact.extra = {"role": role, **fact.extra}
        if lang in PROSE_LANGS or lang in SHELL_LANGS:
            self._fenced_prose(piece, lang)

    def data(self, text: str, kind: str, line: int = 1, *, fenced: bool = False) -> None:
        self.check()
        found, _ = config.entries(text, kind)
        for entry in found[:6_000]:
            at = entry.line + line - 1
            if OVERRIDES.match(entry.key) and entry.text:
                host = self.reading.known.host(entry.text) if "://" in entry.text else None
                self.reading.facts.append(
                    Fact(
                        "override",
                        at,
                        f"{entry.key}={entry.text}"[:300],
                        place=host,
                        value=f"{entry.key}={entry.text}"[:200],
                        block=at,
                        extra={"auto": BY_ITSELF.search(self.reading.path) is not None and not fenced},
                    )
                )
            elif entry.key.lower() in SOURCES_OF and entry.text.startswith(("http://", "https://", "oci://", "git+")):
                host = self.reading.known.host(entry.text)
                if any(
                    "dependenc" in key or key in ("chart", "charts", "image", "registries", "sources")
                    for key in entry.keys
                ):
                    self.reading.facts.append(
                        Fact(
                            "install",
                            at,
                            f"{entry.key}: {entry.text}"[:300],
                            place=host,
                            value=f"{entry.key}: {entry.text}"[:200],
                            block=at,
                        )
                    )
            elif entry.key.lower() in config.COMMAND_KEYS and entry.text:
                before = len(self.shell.facts)
                read_shell(entry.text, at, self.shell)
                self._take(before, 1.0, auto=BY_ITSELF.search(self.reading.path) is not None and not fenced)
            elif len(entry.text) > 24 and " " in entry.text:
                segment = Segment(
                    "meta", entry.text, at, key=entry.key, block=at, heading="" if not fenced else "example"
                )
                self.prose([segment])
                self._inline_code(segment)

    def hidden(self, text: str) -> None:
        for item in decoding.hidden_texts(self.reading.lines) if self.depth == 0 else ():
            quote = self.reading.lines[item.line - 1][:400]
            strength: Strength = "strong" if len(item.text) >= 8 else "medium"
            self.reading.hits.append(
                Hit(
                    "F-01",
                    strength,
                    item.line,
                    quote,
                    kept=True,
                    decoded=f"{item.how}: {item.text}"[:400],
                    concealed=True,
                )
            )
            if len(item.text) >= 8:
                self.layer(item.text, item.line, item.how)

    def encoded(self, text: str, line: int) -> None:
        if self.depth >= DEEPEST:
            return
        self.check()
        for offset, how, inner in decoding.decoded_texts(text[:1_000_000]):
            if inner not in self.seen:
                self.seen.add(inner)
                self.layer(inner, line + text.count("\n", 0, offset), how)

    def layer(self, text: str, line: int, how: str, *, code: bool = False) -> None:
        """Read a text that was found in another one. Its hits stand at the line it was found on."""
        self.check()
        shown = self._is_shown(line, how)
        source = replace(self.reading.source, text=text, kind="text")
        inner = Reading(source, text.split("\n"), text.split("\n"), self.reading.known, layer=how)
        reader = _Reader(inner, self.limit, self.depth + 1)
        reader.seen = self.seen
        if code or re.search(r"^\s*(?:import |from \w+ import|def |print\(|exec\()", text, re.MULTILINE):
            reader.python(text, 1)
        if re.search(r"\b(?:require\(|const |let |var |function\b|=>|process\.env)", text) and not inner.facts:
            reader.javascript(text, 1)
        if COMMANDED.search(text) or not inner.facts:
            reader.shell_text(text, 1)
            reader._add(windows_facts(text, 1, self.reading.known, 0))
        reader.markdown(text)
        reader.encoded(text, 1)
        whole = f"{how}: {text[:360]}"
        for fact in inner.facts:
            fact.line, fact.decoded = line, fact.decoded or whole
            fact.extra = {**fact.extra, "layer": how}
            self.reading.facts.append(fact)
        if shown:
            self.reading.hits += [
                replace(hit, line=line, role=0.4 * hit.role, decoded=hit.decoded or whole, text=self._raw(line))
                for hit in inner.hits
            ]
            return
        self.reading.hits += [
            replace(hit, line=line, kept=True, concealed=True, decoded=hit.decoded or whole, text=self._raw(line))
            for hit in inner.hits
        ]

    def _is_shown(self, line: int, how: str) -> bool:
        """Whether an encoded text is a specimen in a lesson: in code inside a sentence, below a title that says so."""
        if self.reading.source.kind != "markdown" or how.startswith(
            ("tag", "variation", "zero", "put together", "a text")
        ):
            return False
        raw = self._raw(line)
        titles = " ".join(item for item in self.reading.plain[:line] if item.startswith("#"))
        return "`" in raw and bool(LESSON.search(titles)) and not COMMANDED.search(raw.replace("`", "\n"))
