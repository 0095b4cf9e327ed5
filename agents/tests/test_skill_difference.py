"""An update is shown, line by line, before it takes effect."""

from automatos.skill_format.difference import as_text, difference, file_lines
from automatos.skill_format.discovery import discover
from automatos.skill_format.skill import Skill
from automatos.skill_format.trees import MemoryTree
from automatos.textdiff import Line


def skills(**files: str) -> tuple[Skill, ...]:
    """Skills of a source; `pdf_SKILL` stands for pdf/SKILL.md."""
    raw = {name.replace("_", "/") + ".md": text.encode() for name, text in files.items()}
    return discover(MemoryTree(raw, name="kitchen")).skills


def text(name: str, body: str = "Steps.", head: str = "") -> str:
    return f"---\nname: {name}\ndescription: Does {name}.\n{head}---\n{body}"


def test_nothing_changed_is_no_difference() -> None:
    old = skills(pdf_SKILL=text("pdf"), pdf_forms="F")
    assert not difference(old, skills(pdf_SKILL=text("pdf"), pdf_forms="F"))


def test_added_and_removed_skills_are_named() -> None:
    result = difference(skills(a_SKILL=text("a"), b_SKILL=text("b")), skills(b_SKILL=text("b"), c_SKILL=text("c")))
    assert [[skill.name for skill in part] for part in (result.added, result.removed)] == [["c"], ["a"]]
    assert result.changed == ()


def test_a_changed_text_is_compared_and_new_wishes_for_tools_stand_out() -> None:
    old = skills(pdf_SKILL=text("pdf", "Be kind.\nEnd.", "allowed-tools: Read\n"))
    (changed,) = difference(old, skills(pdf_SKILL=text("pdf", "Be quick.\nEnd.", "allowed-tools: Read Bash\n"))).changed
    assert changed.tools_added == ("Bash",)
    lines = [line for line in changed.lines if line.kind in {"add", "del"}]
    assert lines == [
        Line("del", "allowed-tools: Read"),
        Line("add", "allowed-tools: Read Bash"),
        Line("del", "Be kind."),
        Line("add", "Be quick."),
    ]


def test_changed_files_are_listed_and_their_texts_compared() -> None:
    old = skills(pdf_SKILL=text("pdf"), pdf_a="1", pdf_b="2", pdf_c="3")
    (changed,) = difference(old, skills(pdf_SKILL=text("pdf"), pdf_b="two", pdf_c="3", pdf_d="4")).changed
    assert changed.lines == ()
    assert [(file.path, file.kind) for file in changed.files] == [
        ("a.md", "removed"),
        ("b.md", "changed"),
        ("d.md", "added"),
    ]
    assert file_lines(b"2", b"two") == [Line("del", "2"), Line("add", "two")]
    assert file_lines(None, b"\xff\xfe") == [Line("skip", "Not a text: nothing became 2 bytes.")]


def test_a_skill_that_moved_is_the_same_skill() -> None:
    (changed,) = difference(skills(pdf_SKILL=text("pdf")), skills(documents_pdf_SKILL=text("pdf"))).changed
    assert changed.moved
    assert changed.lines == ()


def test_a_skill_as_text_is_read_as_the_same_skill() -> None:
    head = "license: MIT\nmetadata:\n  version: '1.0'\nallowed-tools: Read\nwhen_to_use: 'At: tax time'\n"
    (before,) = skills(pdf_SKILL=text("pdf", "Été.", head))
    (after,) = skills(pdf_SKILL=as_text(before))
    assert as_text(after) == as_text(before)
    assert after.warnings == before.warnings == ()
