"""What a person enters for a credential, judged by the fields of its type: what may be read back, what is sealed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from automatos.checking import Problems
from automatos.llm.presets import preset
from workspaces.credentials import ssh_keys
from workspaces.credentials.types import CHOICE, HOST_KEYS, HOSTS, INTEGER, URL, FieldSpec

LONGEST = 2000
LONGEST_SECRET = 20_000
# A secret shorter than this shows none of its characters.
SHORTEST_SHOWN = 12
SHOWN = 4
# Fields that say where secrets are sent.
ADDRESSES = ("base_url", "endpoint_url", "host", "port")
HOST = re.compile(r"(?:\*\.)?(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9_-]{1,63})*(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


@dataclass(slots=True)
class Entered:
    """The values of a credential. hints: what may be shown of each secret, `…4f2a` or an empty text."""

    values: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)


def checked(
    specs: Sequence[FieldSpec], given: Mapping[str, str | None], before: Entered, problems: Problems
) -> Entered:
    """What was there before with what is given over it; notes problems under `fields.<name>`, never with a value.

    Fields that are not given stay, and so does a secret given empty; null empties a field.
    """
    known = {spec.name for spec in specs}
    for name in given.keys() - known:
        problems.add(f"fields.{_printable(name)}", f"There is no such field. There are: {', '.join(sorted(known))}.")
    entered = Entered()
    for spec in specs:
        if spec.is_secret:
            _take_secret(spec, given, before, entered, problems)
        else:
            _take_value(spec, given, before, entered, problems)
    _fill_base_url(specs, entered, problems)
    _check_together(entered, problems)
    kept = [spec.name for spec in specs if spec.name in entered.secrets and not given.get(spec.name)]
    if kept and _goes_elsewhere(before, entered):
        for name in kept:
            problems.add(f"fields.{name}", "Enter it again: it would go to another address than before.")
    return entered


def _goes_elsewhere(before: Entered, entered: Entered) -> bool:
    """Whether kept secrets would reach a host they were not entered for."""
    if not before.secrets:
        return False
    hosts = set(entered.values.get("hosts", "").split()) <= set(before.values.get("hosts", "").split())
    return not hosts or any(entered.values.get(name) != before.values.get(name) for name in ADDRESSES)


def _printable(name: str) -> str:
    return name if re.fullmatch(r"[a-z0-9_]{1,40}", name) else "unknown"


def _take_secret(
    spec: FieldSpec, given: Mapping[str, str | None], before: Entered, entered: Entered, problems: Problems
) -> None:
    name = f"fields.{spec.name}"
    value = given.get(spec.name, "")
    if value and spec.name == "private_key":
        value = _read(ssh_keys.whole_key, name, value[:LONGEST_SECRET], problems)
    elif value:
        value = problems.text(name, value, longest=LONGEST_SECRET)
        if any(letter < " " for letter in value):
            problems.add(name, "It contains a line break or control character; paste it again without.")
    elif value is not None:
        value = before.secrets.get(spec.name, "")
    if value:
        entered.secrets[spec.name] = value
        entered.hints[spec.name] = "" if spec.name == "private_key" else hint(value)
    elif spec.required:
        problems.add(name, "Enter the secret; it is missing.")


def _take_value(
    spec: FieldSpec, given: Mapping[str, str | None], before: Entered, entered: Entered, problems: Problems
) -> None:
    name = f"fields.{spec.name}"
    value = given.get(spec.name, before.values.get(spec.name, spec.default)) or ""
    value = problems.text(name, value, longest=LONGEST, required=spec.required)
    if not value or name in problems:
        return
    match spec.kind:
        case _ if spec.name == "header" and not HEADER_NAME.fullmatch(value):
            problems.add(name, "A header's name has letters, digits and dashes only, for example X-API-Key.")
        case kind if kind == CHOICE:
            problems.choice(name, value, [choice[0] for choice in spec.choices])
        case kind if kind == INTEGER and not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 65535):
            problems.add(name, "Use a whole number from 1 to 65,535.")
        case kind if kind == URL:
            _check_url(name, value, problems)
        case kind if kind == HOST_KEYS:
            value = _read(ssh_keys.host_keys, name, value, problems)
        case kind if kind == HOSTS:
            value = _hosts(name, value, problems)
    entered.values[spec.name] = value


def _read(reader: Callable[[str], str], name: str, value: str, problems: Problems) -> str:
    """What the reader makes of it; its refusal is noted."""
    try:
        return reader(value)
    except ValueError as error:
        problems.add(name, str(error))
        return ""


def _check_url(name: str, value: str, problems: Problems) -> None:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        signed = "@" in parts.netloc
    except ValueError:
        usable, signed = False, False
    if not usable:
        problems.add(name, "Write an address that starts with https:// or http://.")
    elif signed:
        problems.add(name, "Leave user name and password out of the address; they would be shown.")


def _fill_base_url(specs: Sequence[FieldSpec], entered: Entered, problems: Problems) -> None:
    """The address of the kind of server that was chosen, where none was written."""
    if all(spec.name != "preset" for spec in specs) or "fields.base_url" in problems:
        return
    kind = preset(entered.values.get("preset", ""))
    if entered.values.get("base_url"):
        if "YOUR-" in entered.values["base_url"]:
            problems.add("fields.base_url", "Put the name of your own resource in place of YOUR-RESOURCE.")
    elif kind.is_example:
        example = f", such as {kind.base_url}" if kind.base_url else ""
        problems.add("fields.base_url", f"Enter the address of the server{example}.")
    else:
        entered.values["base_url"] = kind.base_url


def _hosts(name: str, value: str, problems: Problems) -> str:
    """One host a line; commas separate as well."""
    hosts = list(dict.fromkeys(part.lower() for part in re.split(r"[\s,]+", value) if part))
    for host in hosts:
        if not HOST.fullmatch(host):
            problems.add(name, "Write one host a line, without https:// and path, such as api.example.com.")
            break
    if len(hosts) > 50:
        problems.add(name, f"There are {len(hosts)} hosts; keep 50 or fewer.")
    return "\n".join(hosts)


def _check_together(entered: Entered, problems: Problems) -> None:
    test_url, hosts = entered.values.get("test_url"), entered.values.get("hosts")
    fine = not {"fields.test_url", "fields.hosts"} & problems.fields.keys()
    if test_url and hosts and fine and not is_bound_to(hosts, test_url):
        problems.add(
            "fields.test_url",
            "This address is at none of the hosts above; a host without a port stands for https:// at its usual port.",
        )


def is_bound_to(hosts: str, url: str) -> bool:
    """Whether a credential with these hosts, one a line, may be sent to the URL.

    `*.example.com` stands for every name below example.com. Without a port only https at its usual port is meant, so
    that no secret travels in the clear unless somebody says so.
    """
    parts = urlsplit(url)
    name, https = (parts.hostname or "").rstrip("."), parts.scheme == "https"
    port = parts.port or (443 if https else 80)
    for line in hosts.split():
        listed = urlsplit(f"//{line}")
        wanted, star = (listed.hostname or "").removeprefix("*"), line.startswith("*.")
        fits = port == listed.port if listed.port else https and port == 443
        if fits and (name.endswith(wanted) if star else name == wanted):
            return True
    return False


def hint(secret: str) -> str:
    """What may be shown of it."""
    return f"…{secret[-SHOWN:]}" if len(secret) >= SHORTEST_SHOWN else ""
