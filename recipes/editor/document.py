"""A recipe as a YAML document: written from a body, and read into one, with the line of everything that is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automatos import yaml_files
from automatos.errors import InvalidInput
from automatos.yaml_files import Read, YamlError
from recipes.editor import body as bodies
from recipes.editor.body import Body
from recipes.models import ErrorHandling, StepKind
from recipes.validation import MOST_STEPS, STEP_ID, with_defaults

FORMAT = "automatos-recipe"
FORMAT_VERSION = 1
TOP = (
    "format", "format_version", "name", "description", "template_id", "tags", "inputs", "outputs", "steps",
    "execution_config", "schedule_config", "agents",
)  # fmt: skip
# As a file calls what a step has, in the order it is written.
STEP = {
    "id": "step_id", "name": "name", "kind": "kind", "agent": "agent_id", "under": "under", "branch": "branch",
    "prompt": "prompt_template", "config": "config", "output_key": "output_key", "error_handling": "error_handling",
    "max_retries": "max_retries", "max_iterations": "max_iterations", "timeout": "timeout",
}  # fmt: skip
NAMES = {inner: outer for outer, inner in STEP.items()}
# The shape of what an agent brings along; what it says itself is read with it.
AGENT: tuple[tuple[tuple[str, ...], type, str], ...] = (
    (("persona",), dict, "an object"),
    (("persona", "tags"), list, "a list"),
    (("apps",), list, "a list"),
)
# Of what starts a recipe, what is read first.
START = ("type", "kind", "name", "cron", "time_zone", "listens_to")
ENTRY = ("type", "required", "default", "options", "description", "untrusted")


@dataclass(slots=True)
class Document:
    """A file that was read. agents: what it brings along, by the names its steps call them by."""

    body: Body
    read: Read
    agents: dict[str, Any] = field(default_factory=dict)

    def line(self, problem: str) -> int:
        """The line of a problem's field, as services name it: `steps.0.prompt_template`, `inputs.topic.type`."""
        parts: list[str | int] = [int(part) if part.isdigit() else part for part in problem.split(".")]
        if parts[:1] == ["steps"] and len(parts) > 2:
            parts[2] = NAMES.get(str(parts[2]), parts[2])
        return self.read.line(tuple(parts))


def written(body: Body, names: Mapping[str, str], agents: Mapping[str, Any] | None = None) -> str:
    """The body as a file. names: what each agent is called, by id. agents: those that go along, by these names."""
    saved = bodies.to_saved(body)
    document: dict[str, Any] = {"format": FORMAT, "format_version": FORMAT_VERSION}
    for name in ("name", "description", "template_id", "tags"):
        if saved[name] or name == "name":
            document[name] = saved[name]
    for name in bodies.SCHEMAS:
        if saved[name]:
            document[name] = {key: _ordered(entry, ENTRY) for key, entry in saved[name].items()}
    usual = with_defaults(saved["execution_config"])
    document["steps"] = [_step(step, names, usual) for step in saved["steps"]]
    if saved["execution_config"]:
        document["execution_config"] = dict(sorted(saved["execution_config"].items()))
    if saved.get(bodies.STARTS):
        document[bodies.STARTS] = _starts(saved[bodies.STARTS])
    if agents:
        document["agents"] = dict(sorted(agents.items()))
    return yaml_files.written(document)


def _step(step: Mapping[str, Any], names: Mapping[str, str], usual: Mapping[str, Any]) -> dict[str, Any]:
    """What a step says beyond what is usual."""
    quiet = {
        "kind": StepKind.AGENT, "error_handling": ErrorHandling.STOP, "output_key": f"step_{step['order']}",
        "max_retries": usual["max_retries"], "max_iterations": 25, "timeout": usual["timeout_per_step"],
    }  # fmt: skip
    found: dict[str, Any] = {}
    for outer, inner in STEP.items():
        value = step.get(inner)
        if value in (None, "", {}) or value == quiet.get(inner):
            continue
        if inner == "agent_id":
            value = names.get(str(value), str(value))
        found[outer] = dict(sorted(value.items())) if isinstance(value, dict) else _number(value)
    return found


def _starts(config: Mapping[str, Any]) -> dict[str, Any]:
    """What starts the recipe, its objects sorted and `also` last."""
    found = {
        name: dict(sorted(value.items())) if isinstance(value, dict) else value
        for name, value in _ordered(config, START).items()
        if name != "also"
    }
    also = config.get("also")
    if isinstance(also, list):
        also = [_starts(one) if isinstance(one, dict) else one for one in also]
    return {**found, **({"also": also} if also else {})}


def _number(value: Any) -> Any:
    """A whole number without a point, as people write it."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _ordered(entry: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    first = {name: entry[name] for name in names if name in entry}
    return first | {name: value for name, value in sorted(entry.items()) if name not in first}


def read(text: str) -> Document:
    """The file. Agents of its steps are still the names that it gives them.

    Raises YamlError with the line, or InvalidInput under `yaml` with all that is of the wrong shape and the lines.
    """
    found = yaml_files.read(text)
    if not isinstance(found.value, dict):
        raise YamlError(1, "This is no recipe: it should begin with `name:` and have `steps:`.")
    wrong = _Wrong(found)
    value = found.value
    wrong.unknown((), value, TOP)
    if value.get("format", FORMAT) != FORMAT:
        wrong.add(("format",), f"This should read {FORMAT}; the file is something else.")
    if value.get("format_version", FORMAT_VERSION) != FORMAT_VERSION:
        wrong.add(("format_version",), f"This installation reads version {FORMAT_VERSION} only.")
    saved: dict[str, Any] = {name: wrong.text((name,)) for name in bodies.TEXTS}
    saved["tags"] = [wrong.text(("tags", place)) for place, _ in enumerate(wrong.part(("tags",), list, "a list"))]
    for name in (*bodies.SCHEMAS, "execution_config", bodies.STARTS):
        saved[name] = wrong.part((name,), dict, "an object")
    for name in bodies.SCHEMAS:
        for key in saved[name]:
            wrong.part((name, key), dict, "an object such as {type: string}")
    saved["steps"] = _steps(wrong)
    agents = wrong.part(("agents",), dict, "an object")
    for key in agents:
        wrong.part(("agents", key), dict, "an object")
        for part, kind, words in AGENT:
            wrong.part(("agents", key, *part), kind, words)
    wrong.raise_any()
    return Document(bodies.of_saved(saved), found, agents)


def _steps(wrong: "_Wrong") -> list[dict[str, Any]]:
    rows = wrong.part(("steps",), list, "a list")
    if len(rows) > MOST_STEPS:
        wrong.add(("steps", MOST_STEPS), f"There are {len(rows)} steps; keep {MOST_STEPS} or fewer.")
        return []
    steps: list[dict[str, Any]] = []
    ids: set[str] = set()
    for place, _ in enumerate(rows):
        at: yaml_files.Path = ("steps", place)
        row = wrong.part(at, dict, "an object with a prompt")
        wrong.unknown(at, row, tuple(STEP))
        step: dict[str, Any] = {}
        for outer, inner in STEP.items():
            if outer in ("max_retries", "max_iterations", "timeout"):
                step[inner] = wrong.number((*at, outer))
            elif outer == "config":
                step[inner] = wrong.part((*at, outer), dict, "an object")
            else:
                step[inner] = wrong.text((*at, outer))
        key = step["step_id"]
        if key and (not STEP_ID.fullmatch(key) or key in ids):
            wrong.add((*at, "id"), "Use letters, digits, - and _, at most 80, and each id once.")
        ids.add(key)
        steps.append({**step, "order": place + 1})
    return steps


class _Wrong:
    """Looks parts of a file up and notes, with their lines, those of the wrong kind."""

    def __init__(self, found: Read) -> None:
        self.found = found
        self.texts: list[tuple[int, str]] = []

    def add(self, path: yaml_files.Path, text: str) -> None:
        self.texts.append((self.found.line(path), text))

    def unknown(self, path: yaml_files.Path, value: Mapping[str, Any], known: Sequence[str]) -> None:
        for name in value:
            if name not in known:
                self.add((*path, name), f"There is no {name[:60]} here. There are: {', '.join(known)}.")

    def part(self, path: yaml_files.Path, kind: type, words: str) -> Any:
        value = self._at(path)
        if value is None:
            return kind()
        if not isinstance(value, kind):
            self.add(path, f"{path[-1]} should be {words}.")
            return kind()
        return value

    def text(self, path: yaml_files.Path) -> str:
        value = self._at(path)
        if isinstance(value, (dict, list)):
            self.add(path, f"{path[-1]} should be text.")
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    def number(self, path: yaml_files.Path) -> Any:
        value = self._at(path)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            self.add(path, f"{path[-1]} should be a number.")
            return None
        return value

    def _at(self, path: yaml_files.Path) -> Any:
        value = self.found.value
        for name in path:
            if isinstance(value, dict) and isinstance(name, str):
                value = value.get(name)
            elif isinstance(value, list) and isinstance(name, int) and name < len(value):
                value = value[name]
            else:
                return None
        return value

    def raise_any(self) -> None:
        if self.texts:
            lines = [f"Line {line}: {text}" for line, text in sorted(self.texts)]
            raise InvalidInput(lines[0], code="wrong_yaml", fields={"yaml": lines[:50]})
