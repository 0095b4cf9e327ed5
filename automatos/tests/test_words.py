"""Numbers, times, Markdown and drawings as a page prints them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.template import engines

from automatos import drawings, markdown, words


def test_of_very_many_names_the_first_are_told() -> None:
    assert words.first_few(["a", "b"]) == "a, b"
    assert words.first_few([str(number) for number in range(1_500)], most=3) == "0, 1, 2 and 1,497 more"
    assert words.first_few(["x" * 500]) == f"{'x' * 119}…"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, ""),
        (0, "0 ms"),
        (840, "840 ms"),
        (24_100, "24.1 s"),
        (59_960, "1 min 0 s"),
        (74_000, "1 min 14 s"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_durations_are_read_at_a_glance(milliseconds: int | None, text: str) -> None:
    assert words.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("OpenAI does not accept the key (401). Check OPENAI_API_KEY.", "OpenAI does not accept the key (401)."),
        ("It needs a key. Set OPENAI_API_KEY and restart, or choose another model.", "It needs a key."),
        ("Set LLM_OUTSIDE_CALLS=true to allow them.", "Set LLM_OUTSIDE_CALLS=true to allow them."),
        ("It said: Check your PIN. Set it anew.", "It said: Check your PIN. Set it anew."),
        ("", ""),
    ],
)
def test_people_of_a_workspace_are_sent_to_no_setting_of_the_server(error: str, told: str) -> None:
    assert words.without_settings(error) == told


@pytest.mark.parametrize(("milliseconds", "text"), [(None, "0:00"), (102_000, "1:42"), (3_723_000, "1:02:03")])
def test_a_clock_counts_minutes_and_seconds(milliseconds: int | None, text: str) -> None:
    assert words.clock(milliseconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (None, "$0.00"),
        (Decimal("0"), "$0.00"),
        (Decimal("0.11800000"), "$0.118"),
        (Decimal("0.006"), "$0.006"),
        (Decimal("0.00042"), "$0.00042"),
        (Decimal("0.00000001"), "$0.00000001"),
        (Decimal("1234.5"), "$1,234.50"),
        (18.423, "$18.42"),
    ],
)
def test_small_amounts_of_money_are_not_lost(dollars: Decimal | float | None, text: str) -> None:
    assert words.money(dollars) == text


@pytest.mark.parametrize(
    ("number", "long", "short"),
    [(None, "0", "0"), (18_204, "18,204", "18.2k"), (999_600, "1.0M", "1.0M"), (4_100_000, "4.1M", "4.1M")],
)
def test_counts_shrink_only_when_they_are_big(number: int | None, long: str, short: str) -> None:
    assert (words.compact(number), words.short(number)) == (long, short)


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=60), "23 Sep 2026"),
    ],
)
def test_moments_are_told_from_now(gone: timedelta, text: str) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert words.ago(now - gone, now) == text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](http://elsewhere.example/secret.png)",
        "<svg><script>1</script></svg>",
        '<a href="x" style="position:fixed">x</a>',
        "[x](data:text/html;base64,AAAA)",
    ],
)
def test_markdown_runs_loads_and_leaks_nothing(hostile: str) -> None:
    html = markdown.render(hostile)
    for wrong in ("<script", "<img", "<svg", 'href="javascript:', 'href="data:', '<a href="x"'):
        assert wrong not in html


def test_markdown_keeps_what_people_write() -> None:
    html = markdown.render(
        "# Head\n\n- **a**\n\n| x |\n|---|\n| 1 |\n\n```python\ndef f(): ...\n```\n\n[ok](https://a.b)"
    )
    for right in ("<h3>Head</h3>", "<strong>a</strong>", "<td>1</td>", '<span class="k">def</span>', "nofollow"):
        assert right in html


def test_very_long_text_is_shown_as_it_is() -> None:
    assert markdown.render("<b>" * 100_000).startswith("<pre><code>&lt;b&gt;")


def test_an_agent_keeps_its_face_and_others_look_different() -> None:
    ids = [UUID(int=number) for number in range(60)]
    faces = {drawings.face(one) for one in ids}
    assert drawings.face(ids[0]) == drawings.face(ids[0])
    assert len(faces) > 30


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 3), (39, 40), (100, 100), (1234, 1500)])
def test_a_scale_is_round_and_holds_everything(most: int, top: int) -> None:
    assert drawings.ceiling(most)[0] == top


def test_a_chart_names_itself_escapes_labels_and_draws_only_what_is_there() -> None:
    svg = drawings.bars([("<9 Nov>", 3, 1), ("10 Nov", 0, 0)], title="Runs a day")
    assert '<title id="bars-t">Runs a day</title>' in svg
    assert "&lt;9 Nov&gt;: 3 done, 1 failed" in svg
    assert svg.count('class="ok"') == svg.count('class="bad"') == 1
    assert "style=" not in svg


def test_an_icon_is_hidden_unless_it_is_named() -> None:
    template = engines["django"].from_string('{% lucide "check" size=16 %}{% lucide "check" aria_label="Done" %}')
    hidden, named = template.render().strip().split("</svg>")[:2]
    assert 'aria-hidden="true"' in hidden
    assert 'aria-label="Done"' in named
    assert "aria-hidden" not in named


def test_a_status_has_a_word_and_a_sign() -> None:
    html = engines["django"].from_string('{% status_pill "completed" "Done" %}').render()
    assert "Done</span>" in html
    assert "<svg" in html


@pytest.mark.parametrize(
    ("left", "text"),
    [(-5, "in a moment"), (20, "in a moment"), (60, "in 1 minute"), (3599, "in 1 hour"), (7200, "in 2 hours"),
     (86_400, "in 24 hours"), (7 * 86_400, "in 7 days")],
)  # fmt: skip
def test_a_time_to_come(left: int, text: str) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert words.until(now + timedelta(seconds=left), now) == text
