"""Agents as files: JSON and YAML, written and read within bounds."""

import json
from typing import Any

import yaml

from agents.versions.document import Document
from automatos import yaml_files
from automatos.errors import wrong_field

LONGEST = 2_000_000
TYPES = {"json": "application/json", "yaml": "application/yaml"}


def written(document: Document, kind: str) -> str:
    """The document as a file's text. kind: json or yaml."""
    if kind == "yaml":
        return str(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100))
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read(raw: bytes) -> Any:
    """What a file says, JSON or YAML; InvalidInput under `file` when it is neither, or too long."""
    if len(raw) > LONGEST:
        raise wrong_field("file", f"The file has {len(raw):,} bytes; at most {LONGEST:,} are read.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong_field("file", "The file is not UTF-8 text. Choose a file that export wrote.") from None
    try:
        return json.loads(text)
    except RecursionError:
        raise wrong_field("file", "The file is nested too deeply.") from None
    except ValueError:
        pass
    try:
        return yaml_files.read(text).value
    except yaml_files.YamlError as error:
        raise wrong_field("file", f"The file is neither JSON nor YAML. {error.message}") from None
