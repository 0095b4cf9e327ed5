"""The text of an OpenAPI document as plain values: JSON, or YAML without what could be turned on us."""

import re
from collections.abc import Callable
from typing import Any

import orjson
import yaml
from yaml.constructor import ConstructorError

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


def _refuse_tag(loader: Any, node: yaml.Node) -> Any:
    raise ConstructorError(None, None, f"{node.tag[:60]} is none of JSON's kinds of values", node.start_mark)


def _scalar(pattern: str, made: Callable[[str], Any]) -> Callable[[Any, yaml.ScalarNode], Any]:
    """A maker of values of one kind. Whoever gives a text the tag of that kind gets nothing that does not look so."""
    kind = re.compile(pattern)

    def construct(loader: Any, node: yaml.ScalarNode) -> Any:
        if not isinstance(node.value, str) or not kind.fullmatch(node.value):
            _refuse_tag(loader, node)
        return made(node.value)

    return construct


def _number(text: str) -> int | float:
    """As in JSON: what does not fit into 64 bits is no longer exact."""
    return int(text) if len(text) <= 18 else float(text)


INTEGER, NUMBER = (
    r"[-+]?[0-9]{1,200}",
    r"[-+]?(?:[0-9]{1,200}(?:\.[0-9]{0,200})?|\.[0-9]{1,200})(?:[eE][-+]?[0-9]{1,2})?",
)
TRUTH, NOTHING = r"true|True|TRUE|false|False|FALSE", r"~|null|Null|NULL|"
TAG = "tag:yaml.org,2002:"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Values of JSON alone, as OpenAPI demands: a date stays text, and so does 1:20:30; other tags are refused."""


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = {
    f"{TAG}null": _scalar(NOTHING, lambda _: None),
    f"{TAG}bool": _scalar(TRUTH, lambda text: text.lower() == "true"),
    f"{TAG}int": _scalar(INTEGER, _number),
    f"{TAG}float": _scalar(NUMBER, float),
    f"{TAG}str": _Loader.construct_yaml_str,
    f"{TAG}seq": _Loader.construct_yaml_seq,
    f"{TAG}map": _Loader.construct_yaml_map,
    None: _refuse_tag,
}
for _kind, _pattern, _first in (
    ("null", NOTHING, ["~", "n", "N", ""]),
    ("bool", TRUTH, list("tTfF")),
    ("int", INTEGER, list("-+0123456789")),
    ("float", NUMBER, list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"{TAG}{_kind}", re.compile(f"^(?:{_pattern})$"), _first)


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
