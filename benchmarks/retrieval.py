"""How often the passage that answers is found first, or among five, in texts of four languages: `make bench-knowledge`.

60 questions over 17 documents in one workspace (`benchmarks/retrieval_set`), asked in the words of people, not of the
documents, with the embedded encoder. Weights were chosen by the questions with even numbers (`tuned`); those with odd
numbers (`held out`) show what that is worth. `-v` names the questions whose passage does not come first.
"""

import argparse
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from automatos.local import servers  # noqa: E402

SET = Path(__file__).resolve().parent / "retrieval_set"
LANGUAGES = {"en": "English", "de": "German", "zh": "Chinese", "ru": "Russian"}
SEEN = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the passage that answers came, from 1; 0 when it was not among the first twenty."""

    number: int
    language: str
    question: str
    place: int


def questions() -> list[tuple[str, str, str, str]]:
    """Language, document, words that stand in the passage that answers, question."""
    return [tuple(line) for line in json.loads((SET / "questions.json").read_text("utf-8"))]


def measured() -> list[Outcome]:
    """Each question asked in a workspace that holds all documents."""
    from agents.knowledge import ingest, search
    from agents.models import Document
    from workspaces.models import User
    from workspaces.scope.tenancy import workspace_scope
    from workspaces.services import create_workspace

    workspace = create_workspace(name="Library", owner=User.objects.create_user("bench@example.org"))
    named = {}
    for path in sorted(SET.glob("*/*.md")):
        with workspace_scope(workspace.pk):
            row = Document.objects.create(
                workspace=workspace, title=path.stem, kind="paste", text=path.read_text("utf-8")
            )
        named[row.pk] = (path.parent.name, path.stem)
        ingest.run_read(workspace.pk, row.pk)
    scope = search.scope_of(workspace.pk)
    outcomes = []
    for number, (language, document, words, question) in enumerate(questions()):
        hits = search.search(scope, search.asked(question, scope), SEEN)
        right = [
            named[hit.document_id] == (language, document) and words in hit.text.replace("\n", " ") for hit in hits
        ]
        outcomes.append(Outcome(number, language, question, right.index(True) + 1 if True in right else 0))
    return outcomes


def line(name: str, outcomes: list[Outcome]) -> str:
    """Shares of one group."""
    first = sum(one.place == 1 for one in outcomes)
    fifth = sum(0 < one.place <= 5 for one in outcomes)
    count = len(outcomes)
    shares = f"hit@1 {first:>2} ({first / count:.0%})  hit@5 {fifth:>2} ({fifth / count:.0%})"
    return f"{name:<10} {count:>3} questions  {shares}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="name what does not come first")
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        outcomes = measured()
        for code, name in LANGUAGES.items():
            print(line(name, [one for one in outcomes if one.language == code]))
        print(line("tuned", [one for one in outcomes if one.number % 2 == 0]))
        print(line("held out", [one for one in outcomes if one.number % 2]))
        print(line("all", outcomes))
        for one in outcomes if options.verbose else ():
            if one.place != 1:
                print(f"  place {one.place or 'none'}: {one.question}")
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
