"""Words of a goal that could become inputs, and what a prompt looks like with them."""

import pytest

from recipes.workflows.recipe_services import filled_in, words_of_goal


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("Say what we charge in Lisbon.", ["Lisbon"]),
        ("Find out why sign-ups from Portugal fell by 35 in November.", ["Portugal", "35", "November"]),
        ("Compare Contoso Ltd with “our old plan”. Then write.", ["Contoso Ltd", "our old plan"]),
        ("Nothing here. Nor here", []),
        ("", []),
    ],
)
def test_names_and_figures_of_a_goal_are_offered(goal: str, words: list[str]) -> None:
    assert words_of_goal(goal) == words


def test_a_word_becomes_an_input_wherever_it_stands_alone() -> None:
    text = "Look at Lisbon, not Lisbonne; {braces} stay. LISBON too."
    assert filled_in(text, {"city": "Lisbon"}) == "Look at {input.city}, not Lisbonne; {{braces}} stay. LISBON too."
