"""What a run's quality comes to, who reckons it, and that it is reckoned once."""

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from recipes.models import Execution, RecipeFigures, StepFigures
from recipes.quality import assessing
from recipes.quality.tasks import sweep_assessments
from recipes.tests.kit import Cast
from recipes.tests.quality_cases import CASES, Step
from recipes.tests.quality_kit import assess, ended_run

pytestmark = pytest.mark.django_db(transaction=True)
WELL = CASES[0]
DIMENSIONS = ("completeness", "accuracy", "efficiency", "reliability", "cost")


def test_forty_runs_come_to_what_was_worked_out_by_hand() -> None:
    cast = Cast()
    wrong = []
    for case in CASES:
        outputs = {f"field_{n}": {"type": "string"} for n in range(case.declared)}
        recipe = cast.recipe("Write.", outputs=outputs, execution_config={"total_timeout": case.timeout})
        run = ended_run(cast, recipe, case)
        assess(run)
        assert run.quality is not None
        found = [*(run.quality["breakdown"][name] for name in DIMENSIONS), run.quality["quality_score"]]
        if any(abs(a - b) > 1e-9 for a, b in zip(found, [*case.breakdown, case.score], strict=True)):
            wrong.append((case.name, found))
        if run.quality["grade"] != case.grade:
            wrong.append((case.name, run.quality["grade"]))
    assert len(CASES) == 40
    assert not wrong


def test_the_dimensions_have_their_names_and_the_score_is_their_mean() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), WELL)
    assess(run)
    assert run.quality is not None
    parts = run.quality["breakdown"]
    assert set(parts) == set(DIMENSIONS)
    assert run.quality_score == pytest.approx(sum(parts.values()) / 5, abs=1e-12)
    assert run.quality["assessed_at"]


def test_bottlenecks_are_the_three_slowest_over_5_s_the_failed_and_the_stubborn() -> None:
    cast = Cast()
    slow = [Step(duration=seconds) for seconds in (4.9, 6, 20, 9, 7)]
    steps = (*slow, Step(attempt=3), Step("failed", code="model_error", duration=1))
    run = ended_run(cast, cast.recipe("Write."), dataclasses.replace(WELL, status="failed", steps=steps))
    assess(run)
    assert run.quality is not None
    found = [(one["type"], one["step"]) for one in run.quality["bottlenecks"]]
    assert found == [
        ("slow_step", 3),
        ("slow_step", 4),
        ("slow_step", 5),
        ("failed_step", 7),
        ("many_retries", 6),
    ]


def test_both_events_follow_the_end_without_a_gap() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), WELL, last_seq=0)
    assess(run)
    assert list(run.events.values_list("seq", "type")) == [(1, "quality.ready"), (2, "learning.ready")]
    assert run.last_seq == 2
    told = run.events.get(type="quality.ready").data
    assert told == run.quality


def test_the_time_a_run_waits_for_a_person_is_not_its_own() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), dataclasses.replace(WELL, duration=5000))
    # After 4,990 s of waiting its deadline moved on by as much.
    Execution.objects.filter(pk=run.pk).update(deadline_at=run.deadline_at + timedelta(seconds=4990))
    assess(run)
    assert run.quality is not None
    assert run.quality["breakdown"]["efficiency"] == pytest.approx(1.0)


def test_a_branch_that_was_not_taken_is_no_loss() -> None:
    cast = Cast()
    spared = Step("skipped", duration=None, output="")
    runs = [
        ended_run(cast, cast.recipe("Write."), dataclasses.replace(WELL, steps=steps))
        for steps in (WELL.steps, (*WELL.steps, spared, spared))
    ]
    assess(*runs)
    assert runs[0].quality_score == runs[1].quality_score == pytest.approx(WELL.score)


def test_a_recipe_that_does_not_learn_is_assessed_all_the_same() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write.", execution_config={"auto_learning": False}), WELL)
    assess(run)
    assert list(run.events.values_list("type", flat=True)) == ["quality.ready"]
    assert run.learning is None


def test_a_message_that_comes_twice_counts_once() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.")
    run = ended_run(cast, recipe, WELL)
    assess(run, run)
    assess(run)
    figures = RecipeFigures.objects.get(recipe=recipe)
    assert (figures.runs, figures.completed) == (1, 1)
    assert figures.quality_sum == pytest.approx(WELL.score)
    assert run.events.count() == 2


def test_a_live_run_is_not_assessed() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), WELL)
    Execution.objects.filter(pk=run.pk).update(status="running", completed_at=None)
    assess(run)
    assert run.quality is None


def test_the_sweep_finds_what_no_message_told_of() -> None:
    cast = Cast()
    run = ended_run(cast, cast.recipe("Write."), WELL)
    Execution.objects.filter(pk=run.pk).update(completed_at=timezone.now() - timedelta(minutes=1))
    assert (cast.workspace.pk, run.pk) in assessing.overdue()
    sweep_assessments()
    run.refresh_from_db()
    assert run.assessed_at is not None
    assert (cast.workspace.pk, run.pk) not in assessing.overdue()


def test_figures_of_steps_and_agents_are_sums_with_error_kinds() -> None:
    cast = Cast()
    recipe = cast.recipe("Write.", "Write more.")
    bad = Step("failed", attempt=3, duration=8, output="", code="rate_limit")
    assess(
        ended_run(cast, recipe, dataclasses.replace(WELL, steps=(Step(), Step(duration=6)))),
        ended_run(cast, recipe, dataclasses.replace(WELL, status="failed", steps=(Step(), bad))),
        ended_run(cast, recipe, dataclasses.replace(WELL, status="failed", steps=(Step(), bad))),
    )
    first, second = StepFigures.objects.filter(recipe=recipe).order_by("order")
    assert (first.runs, first.completed, first.failed, first.errors) == (3, 3, 0, {})
    assert (second.runs, second.completed, second.failed, second.retries) == (3, 1, 2, 4)
    assert second.duration_ms == 22_000
    assert second.errors == {"rate_limit": 2}
    figures = RecipeFigures.objects.get(recipe=recipe)
    assert (figures.runs, figures.completed, figures.failed) == (3, 1, 2)
