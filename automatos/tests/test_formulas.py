"""Formulas in Markdown become MathML; prices, paths and marks stay what they are, and nothing hostile gets through."""

import re
import subprocess
import sys

import pytest

from automatos.markdown import render

FRACTION = "<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>"


def maths(text: str) -> list[str]:
    """The formulas of a text as it is shown."""
    return re.findall(r"<math.*?</math>", render(text), re.S)


@pytest.mark.parametrize(
    "text",
    [
        r"so $\frac{a}{b}$ holds",
        r"so \(\frac{a}{b}\) holds",
        r"- so $\frac{a}{b}$.",
        "| a |\n|---|\n| $\\frac{a}{b}$ |",
        r"**$\frac{a}{b}$**, $\frac{a}{b}$-th"[:18],
    ],
)
def test_a_formula_in_a_line(text: str) -> None:
    assert maths(text) == [FRACTION]


@pytest.mark.parametrize(
    "text",
    [
        r"$$\frac{a}{b}$$",
        "before\n\n$$\n\\frac{a}{b}\n$$\n\nafter",
        "before\n\\[\n\\frac{a}{b}\n\\]\nafter",
        "$$\\frac{a}\n{b}$$",
        "```math\n\\frac{a}{b}\n```",
        "1. first\n\n   $$\n   \\frac{a}{b}\n   $$",
        r"in a line: \[\frac{a}{b}\]",
    ],
)
def test_a_formula_of_its_own(text: str) -> None:
    assert maths(text) == [FRACTION.replace("<math>", '<math display="block">')]
    assert 'class="formula block"' in render(text)


def test_lines_that_look_like_markdown_belong_to_the_formula() -> None:
    found = maths("$$\na_1\n= b_2\n- c\n$$\n\nand $x_1$ and $y_1$")
    assert len(found) == 3
    assert "<em>" not in render("$x_1$ and $y_1$")
    assert "<mo>=</mo>" in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "from $5 to 10$ a month",
        "US$5, AU$6 and A$7",
        "between $5 and you owe me 6$.",
        "$HOME and $PATH",
        "echo $1 $2",
        "$ 5 $",
        r"\$x\$",
        r"see \[1\] and \[2, 3\]",
        r"\[not a link\](https://example.org)",
        "a $ alone",
        "$$",
        "$$ and more $$",
    ],
)
def test_what_is_no_formula_stays_text(text: str) -> None:
    html = render(text)
    assert "<math" not in html
    assert "<code" not in html
    letters = re.sub(r"<[^>]+>|[\\\s]", "", html)
    assert letters == re.sub(r"[\\\s]", "", text)


@pytest.mark.parametrize("text", [r"`$x^2$`", "```\n$$x^2$$\n```", "    $$x^2$$"])
def test_code_stays_code(text: str) -> None:
    assert "<math" not in render(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [(r"$\foo{x}$", r"\foo{x}"), (r"$\frac{$", r"\frac{"), (r"$\newcommand{\a}{\a\a}\a$", r"\newcommand{\a}{\a\a}\a")],
)
def test_what_cannot_be_read_is_shown_as_it_was_written(text: str, shown: str) -> None:
    assert f"<code>{shown}</code>" in render(text)


def test_columns_keep_their_sides() -> None:
    html = render(r"$$\begin{aligned}a&=b\\c&=d\end{aligned}$$")
    assert html.count('class="math-end"') == html.count('class="math-start"') == 2


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        r"\color{red}{x}",
        r"\includegraphics{https://example.org/a.png}",
        r"\hspace{9999em}x",
        r"</math><script>alert(1)</script>^2",
        r"\mathrm{</mi><style>*{display:none}</style>}_2",
    ],
)
def test_a_formula_reaches_nothing_beyond_itself(formula: str) -> None:
    html = render(f"${formula}$")
    # Of what is left, each tag and attribute is on the list.
    tags = re.findall(r"<(/?[a-z0-9]+)([^>]*)>", html)
    assert {name.strip("/") for name, _ in tags} <= {
        *("p", "span", "code", "math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msup", "msub")
    }
    assert not re.search(r"href|style=|onerror|9999", " ".join(attributes for _, attributes in tags))


DEEP = """
import threading
from automatos.formulas import html_of
threading.stack_size(512 * 1024)
for formula in (r"\\frac{a}{" * 200 + "x" + "}" * 200, "x^{" * 500 + "y" + "}" * 500, "{" * 900 + "}" * 900,
                r"\\left(" * 150 + r"\\right)" * 150, r"\\sqrt[" * 200 + "x" + "]y" * 200, r"\\sqrt " * 330 + "x",
                r"\\begin{matrix}" * 60 + "x" + r"\\end{matrix}" * 60, r"\\hat " * 390 + "x", r"\\frac a" * 270 + "x"):
    for depth in (len(formula), 1990):
        thread = threading.Thread(target=html_of, args=(formula[:depth],), kwargs={"display": True, "env": {}})
        thread.start()
        thread.join()
print("alive")
"""


def test_depth_brings_no_process_down() -> None:
    """The parser's own stack would overflow, which no exception tells."""
    done = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "alive\n", done.stderr


def test_a_long_or_deep_formula_and_many_of_them_stay_source() -> None:
    assert "<math" not in render("$" + "x^2+" * 600 + "1$")
    assert "<math" not in render("$" + "{" * 60 + "x" + "}" * 60 + "$")
    assert len(maths("$" + "x^2+" * 400 + "1$")) == 1
    many = " ".join(["$" + "x^2+" * 200 + "1$"] * 60)
    assert 0 < len(maths(many)) < 60
