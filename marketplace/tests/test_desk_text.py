"""A file's text on the desk: a long one is cut before its lines are made, and its findings are still there."""

import time
import tracemalloc

from marketplace.versions import text_view


def finding(line: int) -> dict[str, object]:
    return {"line": line, "severity": "high", "file": "run.sh", "title": "It is bad."}


def test_a_file_of_millions_of_lines_costs_no_more_than_what_is_shown() -> None:
    text = "\n" * 3_000_000
    tracemalloc.start()
    try:
        rows, left_out = text_view.whole(text, [finding(2_900_000)])
        near = text_view.around(text, [finding(2_900_000)])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(rows), left_out) == (2_501, 2_997_500)
    assert rows[0].kind == "head"
    assert [row.number for row in near if row.kind != "gap"] == list(range(2_899_997, 2_900_004))
    assert [row.pieces[0].text for row in near if row.kind == "gap"] == [
        "2,899,996 unchanged lines",
        "99,997 unchanged lines",
    ]
    assert peak < 60_000_000


def test_lines_of_findings_are_marked_and_what_has_no_line_stands_on_top() -> None:
    text = "\r\n".join(f"line {number}" for number in range(1, 21))
    rows = text_view.around(text, [finding(10), finding(0)], context=1)
    assert [(row.number, row.kind, row.severity) for row in rows] == [
        (0, "head", ""),
        (1, "gap", ""),
        (9, "", ""),
        (10, "", "high"),
        (11, "", ""),
        (0, "gap", ""),
    ]
    assert [row.pieces[0].text for row in rows[2:5]] == ["line 9", "line 10", "line 11"]
    assert text_view.around("", [finding(0)]) == []
    assert text_view.whole("") == ([], 0)


def test_a_version_made_to_be_slow_is_compared_in_time() -> None:
    before = "a\n" * 2_000
    after = "".join("a\n" if number % 2 else f"line {number}\n" for number in range(2_000))
    started = time.process_time()
    rows = text_view.against(before, after)
    assert time.process_time() - started < 3
    assert rows
    assert len([row for row in rows if row.kind == "add"]) + len([row for row in rows if row.kind == ""]) == 2_000
