"""Where skills are found in a tree of files, and how far one looks."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from automatos.skill_format.discovery import Bounds, discover, texts
from automatos.skill_format.skill import Found
from automatos.skill_format.storing import as_json, from_json
from automatos.skill_format.trees import FolderTree, MemoryTree


def skill(name: str, description: str = "Does a thing.") -> str:
    return f"---\nname: {name}\ndescription: {description}\n---\nSteps of {name}."


def found(files: Mapping[str, str | bytes], bounds: Bounds | None = None) -> Found:
    raw = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return discover(MemoryTree(raw, name="kitchen"), bounds)


def test_a_folder_with_one_skill_at_its_top_is_a_skill() -> None:
    result = found(
        {"SKILL.md": skill("kitchen"), "references/a.md": "A", "scripts/run.py": "print()", "logo.png": b"\x89\x00"}
    )
    (only,) = result.skills
    assert [(file.path, file.kind) for file in only.resources] == [
        ("logo.png", "binary"),
        ("references/a.md", "text"),
        ("scripts/run.py", "text"),
    ]
    assert (result.warnings, only.warnings, only.path) == ((), (), "")


def test_plugins_and_client_folders_are_looked_through_topmost_first() -> None:
    result = found({f"{home}/SKILL.md": skill(home.rpartition("/")[2]) for home in (
        "plugins/tax/skills/forms", ".claude/skills/pdf", "skills/docx")})  # fmt: skip
    assert [one.path for one in result.skills] == ["skills/docx", ".claude/skills/pdf", "plugins/tax/skills/forms"]


def test_version_control_and_installed_packages_are_never_entered() -> None:
    result = found(
        {f"{home}/SKILL.md": skill("x") for home in (".git/x", "a/node_modules/x", "node_modules", "__MACOSX/x")}
    )
    assert result == Found()


def test_the_name_of_the_file_must_be_exact() -> None:
    result = found({"a/skill.md": skill("a"), "b/Skill.MD": skill("b"), "c/SKILL.md": skill("c"), "c/skill.md.bak": ""})
    assert [one.name for one in result.skills] == ["c"]
    assert result.warnings == ("2 files, for example a/skill.md: not read: the name must be exactly SKILL.md.",)


def test_a_file_belongs_to_the_nearest_skill_above_it() -> None:
    result = found({
        "SKILL.md": skill("kitchen"), "top.md": "", "in/SKILL.md": skill("in"), "in/a/b.md": "", ".github/x.yml": "",
        "in/.DS_Store": "",
    })  # fmt: skip
    assert {one.name: [file.path for file in one.resources] for one in result.skills} == {
        "kitchen": ["top.md"],
        "in": ["a/b.md"],
    }


def test_the_same_skill_for_several_clients_is_offered_once() -> None:
    copies = {f"{home}/skills/pdf/SKILL.md": skill("pdf") for home in (".claude", ".codex", ".agents")}
    result = found({**copies, "other/pdf/SKILL.md": skill("pdf", "Another one.")})
    assert [one.path for one in result.skills] == ["other/pdf", ".agents/skills/pdf"]
    assert result.warnings == (
        "2 copies of skills with the very same files were left out.",
        "Several different skills have the same name: pdf.",
    )


def test_a_bad_skill_does_not_spoil_the_others() -> None:
    result = found({"a/SKILL.md": "no front matter", "b/SKILL.md": skill("b"), "c/SKILL.md": b"---\n\x00"})
    assert [one.name for one in result.skills] == ["b"]
    assert [one.path for one in result.skipped] == ["a/SKILL.md", "c/SKILL.md"]


def test_depth_folders_and_number_are_bounded() -> None:
    deep = "1/2/3/4/5/6"
    result = found({f"{deep}/SKILL.md": skill("six"), f"{deep}/7/SKILL.md": skill("seven")})
    assert [one.path for one in result.skills] == [deep]
    assert result.warnings == (f"{deep}/7/SKILL.md is deeper than 6 folders and not looked at.",)
    many = {f"{number:03}/SKILL.md": skill(f"s{number}") for number in range(30)}
    assert len(found(many, Bounds(skills=10)).skills) == 10
    assert found(many, Bounds(folders=5)).warnings == ("Only the topmost 5 of 30 folders were looked at.",)


def test_files_and_bytes_are_bounded_and_the_rest_is_said() -> None:
    files = {"a/SKILL.md": skill("a"), **{f"a/{number}.txt": "x" * 10 for number in range(6)}, "a/big.txt": "x" * 101}
    (only,) = found(files, Bounds(files=4, file_bytes=100)).skills
    assert [file.path for file in only.resources] == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert only.warnings[0] == "a/big.txt is larger than 100 bytes and left out."
    assert only.warnings[1].startswith("2 files, for example a/4.txt: left out because a limit is reached")
    (only,) = found(files, Bounds(skill_bytes=25)).skills
    assert len(only.resources) == 2
    (only,) = found(files, Bounds(total_bytes=len(files["a/SKILL.md"]) + 15)).skills
    assert len(only.resources) == 1


def test_a_pointer_to_a_file_kept_elsewhere_is_said() -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n"
    (only,) = found({"a/SKILL.md": skill("a"), "a/model.bin": pointer}).skills
    assert only.warnings == ("a/model.bin is kept outside git (LFS); only a pointer is here.",)


def test_the_digest_covers_every_file() -> None:
    digests = {
        found({"a/SKILL.md": skill("a"), "a/x.md": text, other: "y"}).skills[0].digest
        for text in ("1", "2")
        for other in ("a/y.md", "a/z.md", "elsewhere.md")
    }
    assert len(digests) == 6


def test_links_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf/SKILL.md").write_text(skill("pdf"))
    (tmp_path / "pdf/passwd").symlink_to("/etc/passwd")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "away").mkdir()
    (tmp_path / "away/SKILL.md").symlink_to(tmp_path / "pdf/SKILL.md")
    result = discover(FolderTree(tmp_path))
    assert [one.path for one in result.skills] == ["pdf"]
    assert result.skills[0].warnings == ("pdf/passwd is a symbolic link and not followed.",)
    assert result.warnings == ("away/SKILL.md is a symbolic link and not followed.",)
    with pytest.raises(OSError, match="symbolic link"):
        list(FolderTree(tmp_path).read(["pdf/passwd"]))


def test_a_skill_survives_being_stored_with_its_texts() -> None:
    tree = MemoryTree({"a/SKILL.md": skill("a").encode(), "a/x.md": b"caf\xc3\xa9", "a/y.bin": b"\x00"}, name="k")
    (only,) = discover(tree).skills
    assert from_json(as_json(only)) == only
    assert [(one.name, file.path, text) for one, file, text in texts(tree, [only])] == [("a", "x.md", "café")]
