"""json_query and csv_query: good queries, bad ones, and ones made to hurt."""

import time
from typing import Any

import pytest

from tools.tests.kit import call, context, refused, said

CITIES = "city,people,code\nBern,134,007\nRom,2873,01\nOslo,709,\n"


async def test_json_is_picked_from() -> None:
    data = '{"items": [{"name": "a", "price": 5}, {"name": "b", "price": 15}]}'
    text = await said("json_query", data=data, expression="items[?price > `10`].name")
    assert text == '[\n "b"\n]'
    assert "matches nothing" in await said("json_query", data=data, expression="nothing.here")


async def test_queries_read_files_of_the_run_and_label_them() -> None:
    run = context()
    await said("file_write", run, name="d.json", content='{"a": "x"}')
    await said("file_write", run, name="d.csv", content=CITIES)
    found = await call("json_query", run, file="d.json", expression="a")
    assert (found.content, found.origin) == ('"x"', "file d.json")
    rows = await call("csv_query", run, file="d.csv", sql="SELECT city FROM data WHERE people > 500 ORDER BY people")
    assert rows.content.startswith(
        "| city |\n| --- |\n| Oslo |\n| Rom |\n\n2 rows. Columns of data: city, people, code."
    )
    assert rows.origin == "file d.csv"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"data": "{", "expression": "a"}, "not valid JSON"),
        ({"data": "{}", "expression": "a["}, "expression cannot be applied"),
        ({"data": "{}", "expression": "nope(@)"}, "expression cannot be applied"),
        ({"data": "{}", "expression": ""}, "expression has 0 characters"),
        ({"expression": "a"}, "either data or file"),
        ({"data": "{}", "file": "x", "expression": "a"}, "either data or file"),
        ({"file": "x", "expression": "a"}, "There is no file 'x'"),
        ({"data": "[" * 90_000, "expression": "a"}, "nested too deeply"),
    ],
)
async def test_bad_json_queries_are_explained(arguments: dict[str, Any], text: str) -> None:
    assert text in await refused("json_query", **arguments)


async def test_an_expression_that_grows_without_end_is_stopped() -> None:
    started = time.monotonic()
    text = await refused("json_query", data="[1, 2, 3]", expression="@" + " | [@, @][]" * 60)
    assert "Ask for less" in text
    wide = await said("json_query", data='["' + "x" * 1000 + '"]', expression="@" + " | [@, @]" * 60)
    assert "longer than shown" in wide
    assert time.monotonic() - started < 25


async def test_csv_numbers_are_numbers_and_codes_stay_codes() -> None:
    text = await said(
        "csv_query", data=CITIES, sql="SELECT sum(people) AS n, min(code) AS c, count(code) AS k FROM data"
    )
    assert "| 3716 | 007 | 2 |" in text


@pytest.mark.parametrize("sign", [";", "\t", "|"])
async def test_the_delimiter_is_found_out(sign: str) -> None:
    text = await said("csv_query", data=CITIES.replace(",", sign), sql="SELECT people FROM data WHERE city = 'Rom'")
    assert "| 2873 |" in text


async def test_rows_are_limited_and_odd_headers_taken() -> None:
    data = 'a,A,,"x ""y"\n' + "1,2,3,4\n" * 300 + "5\n"
    text = await said("csv_query", data=data, sql='SELECT a, A_, column_3, "x ""y" FROM data', limit=7)
    assert text.count("| 1 | 2 | 3 | 4 |") == 7
    assert "Only the first 7 are shown" in text


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("DELETE FROM data", "Only a SELECT"),
        ("DROP TABLE data", "Only a SELECT"),
        ("ATTACH '/etc/passwd' AS x", "Only a SELECT"),
        ("PRAGMA table_info(data)", "Only a SELECT"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM sqlite_master", "cannot be run"),
        ("SELECT load_extension('/tmp/x.so')", "Only a SELECT"),
        (
            "SELECT town FROM data",
            "no such column: town. The table is named data; its columns are: city, people, code.",
        ),
        ("SELEC 1", "syntax error"),
        ("SELECT hex(randomblob(1000000000))", "Only a SELECT"),
        ("-- nothing", "Only a SELECT"),
    ],
)
async def test_only_one_select_over_the_data_is_run(sql: str, text: str) -> None:
    assert text in await refused("csv_query", data=CITIES, sql=sql)


async def test_a_query_without_end_is_stopped() -> None:
    started = time.monotonic()
    endless = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT count(*) FROM t"
    assert "took longer than" in await refused("csv_query", data=CITIES, sql=endless)
    assert time.monotonic() - started < 12


@pytest.mark.parametrize("data", ["", "\n", '"' + "x" * 150_000])
async def test_what_is_no_csv_is_refused(data: str) -> None:
    assert "data" in await refused("csv_query", data=data, sql="SELECT 1")
