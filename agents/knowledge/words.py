"""Words by which texts of any language are found: what the English dictionary of the full text search leaves as it is.

It knows the endings of English alone, and takes a Chinese sentence for one word. So longer words also stand by their
beginning, and writing without blanks by each two neighbouring characters. Passages and questions get the same.
"""

import re
import unicodedata

WORD = re.compile(r"\w+")
# Scripts that put no blanks between words, and Korean, whose words take endings of a syllable.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
BEGINNING = 5


def with_parts(text: str) -> str:
    """The text and behind it the parts of its words."""
    parts = []
    for word in WORD.findall(unicodedata.normalize("NFC", text).lower()):
        runs = UNSPACED.findall(word)
        for run in runs:
            parts += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
        if not runs and len(word) > BEGINNING and not word[0].isdigit():
            parts.append(word[:BEGINNING])
    return " ".join([text, *parts])
