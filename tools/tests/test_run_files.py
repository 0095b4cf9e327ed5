"""The files of a run: reading, writing, names, quotas, and walls between runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from tools.contract import ToolProblem
from tools.files import StoredRunFiles
from tools.tests.kit import call, context, refused, said


async def test_what_is_written_is_listed_and_read() -> None:
    run = context()
    assert await said("file_list", run) == "This run has no files yet."
    result = await call("file_write", run, name="Übersicht 1.md", content="# Grüße\n")
    assert (result.artefacts, result.content) == (("Übersicht 1.md",), "Übersicht 1.md is kept, 10 bytes.")
    assert "Übersicht 1.md: 10 bytes" in await said("file_list", run)
    read = await call("file_read", run, name="Übersicht 1.md")
    assert (read.content, read.origin) == ("# Grüße\n", "file Übersicht 1.md")


@pytest.mark.parametrize("name", ["हिन्दी.txt", "ไทย.md", "漢字 (2).csv", "a+b_c-d.1"])
async def test_names_of_every_script_are_taken(name: str) -> None:
    run = context()
    await said("file_write", run, name=name, content="x")
    assert await said("file_read", run, name=name) == "x"


async def test_a_file_is_replaced_or_added_to() -> None:
    run = context()
    for content in ("one", "two"):
        await said("file_write", run, name="a.txt", content=content)
    assert await said("file_read", run, name="a.txt") == "two"
    await said("file_write", run, name="a.txt", content=" three", append=True)
    await said("file_write", run, name="b.txt", content="new", append=True)
    assert await said("file_read", run, name="a.txt") == "two three"
    assert await said("file_read", run, name="b.txt") == "new"


async def test_long_files_come_in_parts() -> None:
    run = context()
    await said("file_write", run, name="long.txt", content="".join(f"{number:07}\n" for number in range(5000)))
    first = await said("file_read", run, name="long.txt")
    assert first.startswith("0000000\n")
    assert "Go on with offset 19000" in first
    assert (await said("file_read", run, name="long.txt", offset=19_000)).startswith("0002375\n")
    assert "behind its end" in await refused("file_read", run, name="long.txt", offset=99_999)


@pytest.mark.parametrize(
    "name",
    [
        "../secret_key",
        "/etc/passwd",
        "a/b",
        "a\\b",
        ".env",
        "..",
        "a..b",
        "x\ny",
        " ",
        "-rf",
        "a\u202etxt",
        "con:1",
        "a.",
        "\u20ac",
        "\u6f22" * 90,
    ],
)
async def test_no_name_leads_out_of_the_folder(name: str) -> None:
    for tool in ("file_read", "file_write"):
        given: dict[str, Any] = {"name": name, "content": "x"} if tool == "file_write" else {"name": name}
        text = await refused(tool, **given)
        assert "cannot be the name of a file" in text


async def test_one_run_does_not_see_anothers_files() -> None:
    run = context()
    await said("file_write", run, name="a.txt", content="x")
    other = replace(run, execution_id=uuid4(), files=StoredRunFiles(run.workspace_id, uuid4()))
    assert await refused("file_read", other, name="a.txt") == "There is no file 'a.txt'. This run has no files yet."
    place = Path(default_storage.path(f"runs/{run.workspace_id}/{run.execution_id}"))
    assert [path.name for path in place.iterdir()] == ["a.txt"]


async def test_a_missing_file_is_told_with_those_there_are() -> None:
    run = context()
    await said("file_write", run, name="a.txt", content="x")
    assert await refused("file_read", run, name="b.txt") == "There is no file 'b.txt'. There are: a.txt."


async def test_files_that_are_no_text_are_refused() -> None:
    run = context()
    assert run.files
    await run.files.write("a.dat", bytes(range(256)))
    await run.files.write("b.txt", "Käse".encode("cp1252"))
    assert "is not a text file" in await refused("file_read", run, name="a.dat")
    assert await said("file_read", run, name="b.txt") == "Käse"


async def test_the_quota_holds() -> None:
    files = StoredRunFiles(uuid4(), uuid4())
    with pytest.raises(ToolProblem, match="at most 10,000,000"):
        await files.write("big", bytes(10_000_001))
    for number in range(5):
        await files.write(f"{number}", bytes(10_000_000))
    with pytest.raises(ToolProblem, match="at most 50,000,000"):
        await files.write("more", b"x")
    await files.write("4", b"x")
    for number in range(5, 50):
        await files.write(f"{number}", b"x")
    with pytest.raises(ToolProblem, match="50 files"):
        await files.write("51", b"x")
    await files.write("49", b"yy")
    assert len(await files.list()) == 50


async def test_without_files_it_is_said() -> None:
    run = context(files=None)
    assert await refused("file_list", run) == "There are no files here."
