"""Plans: what is refused, in which order subtasks come, and what rules make of a goal."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.workflows import planning
from recipes.workflows.planning import arranged, levels, longest_chain, plan_by_rules, problems_of

KNOWN = planning.known_capabilities({"glass_blowing"})


def row(key: str, *needs: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "description": f"Do {key}", "dependencies": list(needs), **more}


def body(*rows: dict[str, Any], strategy: str = "mixed") -> dict[str, Any]:
    return {"strategy": strategy, "subtasks": list(rows)}


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ([], "must be a list"),
        (body(), "0 subtasks"),
        (body(*[row(f"s{n}") for n in range(31)]), "31 subtasks"),
        (body(row("a"), strategy="somehow"), "strategy must be one of"),
        (body(row("a"), row("a")), "used twice"),
        (body(row("Ä")), "small letters"),
        (body(row("a", description=" ")), "is empty"),
        (body(row("a", description="x" * 2001)), "2,001 characters"),
        (body(row("a", complexity="huge")), "complexity must be one of"),
        (body(row("a", priority=True)), "whole number from 1 to 5"),
        (body(row("a", "b")), "waits for b, which is no subtask"),
        (body(row("a", required_capabilities=["flying"])), "no capability flying"),
        (body(row("a", dependencies="b")), "must be lists"),
        (body(row("a", "c"), row("b", "a"), row("c", "b"), row("d")), "in a circle: a, b, c"),
        (body(row("a", "a")), "in a circle: a"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused_in_words(plan: Any, says: str) -> None:
    assert says in " ".join(problems_of(plan, KNOWN))
    assert says in planning.problem_with_plan(orjson.dumps(plan).decode(), KNOWN)


def test_a_plan_is_arranged_and_measured() -> None:
    made = body(row("end", "left", "right"), row("left", "start"), row("right", "start", priority=1), row("start"))
    assert problems_of(made, KNOWN) == []
    plan = planning.plan_from(orjson.dumps(made).decode())
    assert [one.id for one in plan.subtasks] == ["start", "right", "left", "end"]
    assert [[one.id for one in column] for column in levels(plan.subtasks)] == [["start"], ["right", "left"], ["end"]]
    assert longest_chain(plan.subtasks, {"start": 1, "left": 5, "right": 2, "end": 1}) == (["start", "left", "end"], 7)
    chained = arranged(plan.subtasks, "sequential", "person")
    assert [set(one.dependencies) for one in chained.subtasks] == [
        set(), {"start"}, {"start", "right"}, {"left", "right"},
    ]  # fmt: skip
    assert planning.Plan.of(orjson.loads(orjson.dumps(plan.as_json()))) == plan


@given(st.lists(st.lists(st.integers(0, 11), max_size=3), min_size=1, max_size=12))
def test_whatever_is_accepted_can_be_followed(needs: list[list[int]]) -> None:
    rows = [row(f"s{n}", *(f"s{other}" for other in of_it)) for n, of_it in enumerate(needs)]
    if problems_of(body(*rows), KNOWN):
        return
    done: set[str] = set()
    for one in planning.plan_from(orjson.dumps(body(*rows)).decode()).subtasks:
        assert set(one.dependencies) <= done
        done.add(one.id)
    assert len(done) == len(rows)


@pytest.mark.parametrize(
    ("goal", "parts"),
    [
        ("Explain tides", ["Explain tides"]),
        ("Explain tides. Then name three harbours!", ["Explain tides.", "Then name three harbours!"]),
        ("- find prices 3.50\n- compare\n- write", ["find prices 3.50", "compare", "write"]),
        ("One. Two. Three. Four. Five.", ["One.", "Two.", "Three. Four. Five."]),
        ("…", ["…"]),
        ("\u202eright to left\u202c و نص", ["\u202eright to left\u202c و نص"]),
    ],
)
def test_rules_make_a_subtask_of_each_sentence_three_at_most(goal: str, parts: list[str]) -> None:
    plan = plan_by_rules(goal)
    assert [one.description for one in plan.subtasks] == parts
    assert (plan.planner, problems_of({**plan.as_json()}, KNOWN)) == ("rules", [])
    assert all(one.dependencies == (f"s{n - 1}",) for n, one in enumerate(plan.subtasks, 1) if n > 1)


def test_capabilities_come_from_the_words_of_a_sentence() -> None:
    assert plan_by_rules("Translate the letter into German.").subtasks[0].required_capabilities[0] == "translation"
