"""The arguments of commands: where texts have places for them, and what stands there."""

from typing import Any

import pytest

from marketplace.context.arguments import filled, places_in


@pytest.mark.parametrize(
    ("body", "named", "given", "text"),
    [
        ("Retell $ARGUMENTS.", [], {"arguments": "all of it"}, "Retell all of it."),
        (
            "For $1 in $2: $ARGUMENTS",
            [],
            {"arguments": "kids 'three lines'"},
            "For kids in three lines: kids 'three lines'",
        ),
        ("For $1 in $2", [], {"argument_1": "kids", "argument_2": "3"}, "For kids in 3"),
        ("From $0 to $1", [], {"arguments": "a b"}, "From a to b"),
        ("$ARGUMENTS[1] then $ARGUMENTS[0]", [], {"arguments": "a b"}, "b then a"),
        ("$file as $mode", ["file", "mode"], {"arguments": "mode=fast a.txt"}, "a.txt as fast"),
        ("$file as $mode", ["file", "mode"], {"file": "a.txt"}, "a.txt as "),
        ("$mode", ["mode"], {"arguments": "x=1"}, "x=1"),
        ("Say it's $1", [], {"arguments": "it's done"}, "Say it's it's"),
        ("Keep $HOME and $1.50", [], {"arguments": "x"}, "Keep $HOME and x.50"),
        ("No place.", [], {"arguments": "but a line"}, "No place.\n\nARGUMENTS: but a line"),
        ("No place.", [], {}, "No place."),
        ("$1", [], {"arguments": "$ARGUMENTS $1"}, "$ARGUMENTS"),
    ],
)
def test_arguments_stand_in_their_places(body: str, named: list[str], given: dict[str, Any], text: str) -> None:
    assert filled(body, named, given) == text


@pytest.mark.parametrize(
    ("body", "named", "places"),
    [
        ("Do it.", [], (0, True)),
        ("$1 and $3", [], (3, False)),
        ("$0 and $1", [], (2, False)),
        ("$ARGUMENTS[1]", [], (2, False)),
        ("$1 of $ARGUMENTS", [], (1, True)),
        ("$file", ["file"], (0, False)),
    ],
)
def test_places_become_arguments(body: str, named: list[str], places: tuple[int, bool]) -> None:
    assert places_in(body, named) == places
