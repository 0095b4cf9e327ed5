"""Reading the prose of a source: sentences of a text, comments of code, code in a sentence."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace

from marketplace.scanning.code.flow_state import OutOfTime
from marketplace.scanning.code.shell import read_shell
from marketplace.scanning.code.shell_context import ShellContext
from marketplace.scanning.hits import Fact, Reading
from marketplace.scanning.prose.control import control_hits
from marketplace.scanning.prose.doing import doing_hits
from marketplace.scanning.prose.intents import intent_hits
from marketplace.scanning.prose.outward import outward_hits
from marketplace.scanning.prose.reading import Sentence, read_sentence
from marketplace.scanning.prose.signs import sign_hits
from marketplace.scanning.prose.voice import LESSON
from marketplace.scanning.segments import Segment, segments, sentences

SHELL_LANGS = frozenset(
    "bash sh shell zsh console terminal shell-session shellsession fish cmd-line ksh dockerfile makefile".split()
)
COMMANDED = re.compile(
    r"^\s*(?:\$ |> |# )?(?:sudo |!)?(?:curl|wget|bash|sh|zsh|eval|source|npx|npm|pip3?|uvx?|"
    r"python3?|node|git|cat|tar|rm|chmod|export|echo|nc|ssh|scp|docker|brew|apt|nohup|env|"
    r"printenv|base64|crontab|openssl|aws|gh|mkdir|cp|mv|find|dig|xattr|iex|powershell|"
    r"powershell\.exe|irm|kubectl|security|vault|gcloud|az|terraform|psql|mysql|sqlite3|grep|tee|mail|rsync|"
    r"osascript)\b",
    re.MULTILINE,
)
RUN_WORDING = re.compile(
    r"\b(?:run|execute|install\w*|set ?up|start|first|then|step|use|invoke|command|prerequisites?|"
    r"before|initiali[sz]e|begin|always|must|finally|after|next|bootstrap|launch|verify|configure|"
    r"quick ?start|usage|upload|sync|send|submit|register|check)\b",
    re.IGNORECASE,
)
INLINE = re.compile(r"(!?)`([^`\n]{6,2000})`")
COMMENT_LINE = re.compile(r"^\s*(?:#(?!!)|//|--(?!\S)|;|\*|/\*|<!--|REM\b)\s?(.*)$")
TOOL = re.compile(r"@[\w.]*(?:tool|prompt|resource)\b[^\n]*\n(?:\s*@[^\n]*\n)*\s*(?:async\s+)?def [^\n]*\n\s*$")
DOCSTRING = re.compile(r"('''|\"\"\")(.*?)\1", re.DOTALL)
MOST_SENTENCES = 12_000


class ProseReader:
    """What the reading of one source knows, and its prose."""

    def __init__(self, reading: Reading, limit: float, depth: int = 0) -> None:
        self.reading, self.limit, self.depth = reading, limit, depth
        self.block = 0
        self.shell = ShellContext(reading.known, nested=self.nested_code)
        self.seen: set[str] = set()

    def check(self) -> None:
        if time.process_time() > self.limit:
            raise OutOfTime

    def prose(self, pieces: list[Segment]) -> None:
        """Judge the sentences of one block together."""
        self.check()
        known = self.reading.known
        block: list[Sentence] = [read_sentence(part, part.text, known) for piece in pieces for part in sentences(piece)]
        if len(self.reading.sentences) < MOST_SENTENCES:
            self.reading.sentences += block
        for find in (outward_hits, control_hits, doing_hits, intent_hits, sign_hits):
            self.reading.hits += find(self.reading, block)

    def _inline_code(self, piece: Segment) -> None:
        for match in INLINE.finditer(piece.text):
            code = match.group(2)
            if COMMANDED.match(code) or match.group(1):
                before = len(self.shell.facts)
                read_shell(code.removeprefix("$ "), piece.line_at(match.start()), self.shell)
                listed = piece.kind in ("table", "quote") or LESSON.search(piece.heading)
                role = 1.0 if match.group(1) else 0.4 if listed else 0.95
                self._take(before, role, auto=bool(match.group(1)))

    def comments(self, text: str) -> None:
        """Comments and docstrings reach a model that reads the file."""
        pieces: list[Segment] = []
        last = -1
        for number, line in enumerate(text.split("\n"), 1):
            match = COMMENT_LINE.match(line)
            if match and len(match.group(1)) > 12:
                words = match.group(1).rstrip("*/->").strip()
                if not re.search(r"\w{2}", words):
                    continue
                if pieces and last == number - 1:
                    piece = pieces[-1]
                    piece.breaks = (*piece.breaks, (len(piece.text) + 1, number))
                    piece.text = f"{piece.text} {words}"
                else:
                    pieces.append(Segment("prose", words, number, lang="comment", block=number, breaks=((0, number),)))
                last = number
        for match in DOCSTRING.finditer(text):
            first = text.count("\n", 0, match.start()) + 1
            # The docstring of a tool is what a model is told of it.
            lang = "tool" if TOOL.search(text[max(match.start() - 300, 0) : match.start()]) else "comment"
            for piece in segments(match.group(2), match.group(2).split("\n")):
                if piece.kind != "fence":
                    pieces.append(
                        replace(
                            piece,
                            line=piece.line + first - 1,
                            lang=lang,
                            block=-first,
                            breaks=tuple((at, number + first - 1) for at, number in piece.breaks),
                        )
                    )
        blocks: dict[int, list[Segment]] = {}
        for piece in pieces:
            blocks.setdefault(piece.block, []).append(piece)
        for block in blocks.values():
            self.prose(block)

    def _fenced_prose(self, piece: Segment, lang: str) -> None:
        pieces = []
        for number, words in enumerate(piece.text.split("\n"), piece.line):
            comment = COMMENT_LINE.match(words)
            if lang in SHELL_LANGS and not comment:
                continue
            spoken = comment.group(1) if comment else words.strip()
            if len(spoken) > 12:
                pieces.append(
                    Segment(
                        "fence", spoken, number, piece.heading, lang="comment" if comment else lang, block=piece.block
                    )
                )
        if pieces:
            self.prose(pieces)

    def _take(self, before: int, role: float, *, auto: bool = False) -> None:
        """Move what the shell found since `before` to the reading."""
        found = self.shell.facts[before:]
        for fact in found:
            fact.extra = {"role": role, "auto": auto, **fact.extra}
        self.reading.facts += found
        del self.shell.facts[before:]

    def _add(self, facts: Iterator[Fact]) -> None:
        for fact in facts:
            self.reading.facts.append(fact)

    def _raw(self, line: int) -> str:
        lines = self.reading.lines
        return lines[line - 1][:400] if 0 < line <= len(lines) else ""

    def nested_code(self, text: str, name: str, line: int) -> frozenset[str]:
        """Code that a shell hands to an interpreter, or writes to a file."""
        raise NotImplementedError

    def encoded(self, text: str, line: int) -> None:
        """Read what is encoded in a text."""
        raise NotImplementedError

    def layer(self, text: str, line: int, how: str, *, code: bool = False) -> None:
        """Read a text that was found in another one."""
        raise NotImplementedError
