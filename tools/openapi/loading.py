"""The text of an OpenAPI document as plain values: JSON, or YAML without what could be turned on us."""

from typing import Any

import orjson
import yaml

from automatos.checking import unstorable_json
from automatos.errors import InvalidInput

LARGEST = 1_500_000
DEEPEST = 50
CURE = "Give an OpenAPI document of version 3.0 or 3.1, as JSON or YAML."


def load(text: str) -> dict[str, Any]:
    """The document; InvalidInput with what is wrong and the cure."""
    if len(text) > LARGEST:
        raise _refused(f"The document has {len(text):,} characters; at most {LARGEST:,} are read.")
    found = _parsed(text.lstrip("\ufeff").strip())
    if not isinstance(found, dict):
        raise _refused(f"This is no document. {CURE}")
    version = str(found.get("openapi", ""))
    if not version.startswith(("3.0", "3.1")):
        said = f"of version {version[:20]}" if version else "of no version that is named"
        raise _refused(f"The document is {said}. {CURE}")
    for place, problem in unstorable_json(found):
        raise _refused(f"{place[:80] or 'The document'}: {problem}")
    return found


def _parsed(text: str) -> Any:
    if text.startswith(("{", "[")):
        try:
            return orjson.loads(text)
        except ValueError as error:
            raise _refused(f"The document is not valid JSON: {error}. {CURE}") from None
    try:
        _check_events(text)
        return _plain(yaml.load(text, Loader=_Loader))  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        raise _refused(f"The document is not valid YAML: {' '.join(str(error).split())[:200]}. {CURE}") from None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Dates stay text, as JSON has none."""


_Loader.yaml_implicit_resolvers = {
    letter: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for letter, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _check_events(text: str) -> None:
    """Refuse aliases, which can grow without end when they are written out, and what is nested too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused("The document uses YAML aliases (*name), which are not read. Write it out, or give JSON.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _refused(f"The document is nested deeper than {DEEPEST} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(value: Any) -> Any:
    """With names that are text: YAML reads 200 and true as a number and a truth value."""
    if isinstance(value, dict):
        return {_name(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _name(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _refused(text: str) -> InvalidInput:
    return InvalidInput(text, fields={"document": [text]})
