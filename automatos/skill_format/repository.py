"""A git repository, fetched at one commit for as long as its skills are read."""

import ipaddress
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from asgiref.sync import async_to_sync

from automatos.errors import InvalidInput, wrong_field
from automatos.outside.errors import OutsideError
from automatos.outside.targets import Resolve, Target, find, system_resolve
from automatos.paths import is_odd, is_unsafe
from automatos.private_hosts import PrivateHosts
from automatos.skill_format import secure_shell
from automatos.skill_format.git import Cage, GitFailed, Limits
from automatos.skill_format.git_failures import explain
from automatos.skill_format.secure_shell import SshKey
from automatos.skill_format.trees import MOST_ENTRIES, Entry, EntryKind, Tree

LONGEST_ADDRESS, LONGEST_REF, LONGEST_FOLDER = 500, 200, 300
EXAMPLE = "Write one such as https://github.com/owner/repository."
PATH = re.compile(r"(/[A-Za-z0-9._~+%-]+)+/?")
PAGE = re.compile(r"(https://[^/]+/[^/]+/[^/]+)/(?:-/)?(?:tree|blob)/([^/]+)(/[^?#]*)?")
OVER_SSH = {"protocol.https.allow": "never", "protocol.ssh.allow": "always"}
# A part of git's own rules (git help check-ref-format); the rest it refuses itself.
REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+#@=-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")
FETCHED = "refs/automatos/fetched"
FOLDER_PREFIX = "automatos-skills-"
LISTING_BYTES = 200 * MOST_ENTRIES
KINDS: dict[str, EntryKind] = {
    "100644": "file",
    "100755": "file",
    "100664": "file",
    "120000": "link",
    "160000": "module",
}


@dataclass(frozen=True, slots=True)
class Network:
    """How the outside is reached. ca_file: certificates trusted beside none other, "" for the system's.

    resolve: looks host names up; private: hosts allowed although private, None for the operator's setting.
    header: what opens a private repository, such as `Authorization: Bearer …`; key: what opens one over SSH.
    """

    ca_file: str = ""
    resolve: Resolve = system_resolve
    private: PrivateHosts | None = None
    header: str = field(default="", repr=False)
    key: SshKey | None = None


class GitTree(Tree):
    """The files of one commit, or of a folder in it. commit: its 40 hexadecimal digits.

    Usable until the fetch's block ends.
    """

    def __init__(self, cage: Cage, *, url: str, commit: str, folder: str = "") -> None:
        self.name, self.url, self.commit = repository_name(folder or url), url, commit
        self._listing = f"{commit}:{folder}" if folder else commit
        self._cage = cage
        self._ids: dict[str, str] = {}
        self.entries = self._listed()

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        wanted = "".join(f"{self._ids[path]}\n" for path in paths).encode()
        output = self._cage.run("--git-dir=repository", "cat-file", "--batch", "--buffer", given=wanted)
        try:
            with output.open("rb") as file:
                for path in paths:
                    size = int(file.readline().split()[2])
                    yield path, file.read(size)
                    file.read(1)
        finally:
            output.unlink()

    def _listed(self) -> list[Entry]:
        arguments = ("--git-dir=repository", "ls-tree", "-r", "-z", "--long", "--full-tree", self._listing)
        try:
            listing = self._cage.run(*arguments, output_bytes=LISTING_BYTES).read_bytes()
        except GitFailed as error:
            if error.why == "large":
                raise _too_many() from error
            raise
        lines = listing.split(b"\0")[:-1]
        if len(lines) > MOST_ENTRIES:
            raise _too_many()
        return [entry for line in lines if (entry := self._entry(line))]

    def _entry(self, line: bytes) -> Entry | None:
        facts, _, raw = line.partition(b"\t")
        mode, _, object_id, size = facts.decode().split()
        path = raw.decode(errors="surrogateescape")
        if is_unsafe(path):
            raise wrong_field(
                "url", "The repository holds a file name that leads out of it, which git itself would not make."
            )
        kind = KINDS.get(mode)
        # A size that is no number belongs to a file that was not sent.
        if kind is None or (kind == "file" and not size.isdigit()):
            return None
        self._ids[path] = object_id
        return Entry(path, kind, int(size) if size.isdigit() else 0, executable=mode == "100755")


@contextmanager
def fetched(
    url: str, ref: str = "", folder: str = "", *, limits: Limits | None = None, network: Network | None = None
) -> Iterator[GitTree]:
    """The repository at a branch, tag or full commit (empty: its default branch), in a place that goes away after.

    folder: only what is in this one. Raises InvalidInput naming `url`, `ref` or `folder`, or Unavailable when trying
    again later may help.
    """
    ref, folder = checked_ref(ref), checked_folder(folder)
    with _caged(url, ref, limits or Limits(), network or Network()) as (cage, address):
        yield _fetch(cage, address, ref, folder)


def newest_commit(url: str, ref: str = "", *, limits: Limits | None = None, network: Network | None = None) -> str:
    """The commit that `fetched` would give now, asked for without fetching anything. Raises as it does."""
    ref = checked_ref(ref)
    if COMMIT.fullmatch(ref):
        return ref
    # In git's own order of preference; an annotated tag is a thing of its own, and ^{} is the commit it stands for.
    names = [f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}"] if ref else ["HEAD"]
    names = [f"{ref}^{{}}", ref] if ref.startswith("refs/") else names
    with _caged(url, ref, limits or Limits(), network or Network()) as (cage, address):
        listing = cage.run("ls-remote", "--quiet", "--", address, *names, output_bytes=LISTING_BYTES).read_bytes()
        lines = (line.partition("\t") for line in listing.decode(errors="replace").splitlines())
        found = {name: commit for commit, _, name in lines}
        for name in names:
            if COMMIT.fullmatch(found.get(name, "")):
                return found[name]
        raise GitFailed("failed", f"fatal: couldn't find remote ref {ref or 'HEAD'}")


@contextmanager
def _caged(url: str, ref: str, limits: Limits, network: Network) -> Iterator[tuple[Cage, str]]:
    """A cage in which git can reach this repository and nothing else, and the address to give to it."""
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            if secure_shell.is_ssh(url):
                yield _over_ssh(url, folder, limits, network)
            else:
                target = _https_address(url, network)
                yield Cage(folder, limits, _https_settings(target, network)), str(target.url)
        except GitFailed as error:
            is_private = bool(network.header or network.key)
            raise explain(error, ref=ref, limits=limits, is_private=is_private) from error


def _https_settings(target: Target, network: Network) -> dict[str, str]:
    settings = {**_pinned(target), **({"http.sslCAInfo": network.ca_file} if network.ca_file else {})}
    return {**settings, "http.extraHeader": network.header} if network.header else settings


def _over_ssh(url: str, folder: Path, limits: Limits, network: Network) -> tuple[Cage, str]:
    if network.key is None:
        raise wrong_field("url", secure_shell.needs_key(url))
    place = secure_shell.located(url, resolve=network.resolve, private=network.private)
    environment = secure_shell.environment(network.key, place, folder)
    return Cage(folder, limits, OVER_SSH, environment), place.url


def checked_ref(text: str) -> str:
    """The ref, if it may be given to git. Raises InvalidInput naming `ref`."""
    ref = text.strip()
    if not ref:
        return ""
    wrong = ".." in ref or "//" in ref or "@{" in ref or ref.endswith((".", "/", ".lock"))
    if wrong or len(ref) > LONGEST_REF or not REF.fullmatch(ref):
        raise wrong_field(
            "ref",
            f"This is not the name of a branch, a tag or a full commit (at most {LONGEST_REF} characters, no blanks).",
        )
    return ref.lower() if COMMIT.fullmatch(ref.lower()) else ref


def checked_folder(text: str) -> str:
    """The folder, without slashes around it. Raises InvalidInput naming `folder`."""
    folder = "/".join(part for part in text.strip().split("/") if part)
    if not folder:
        return ""
    if is_unsafe(folder) or is_odd(folder) or "\\" in folder or len(folder) > LONGEST_FOLDER:
        raise wrong_field("folder", f"Write a folder such as plugins/office/skills, up to {LONGEST_FOLDER} characters.")
    return folder


def checked_address(text: str, network: Network) -> str:
    """The address as git takes it, its host looked up and found public. Raises InvalidInput naming `url`."""
    if secure_shell.is_ssh(text):
        return secure_shell.located(text, resolve=network.resolve, private=network.private).url
    return str(_https_address(text, network).url)


def _https_address(text: str, network: Network) -> Target:
    url = text.strip()
    if not url.lower().startswith("https://") or len(url) > LONGEST_ADDRESS:
        raise wrong_field(
            "url", f"Only https:// and SSH addresses up to {LONGEST_ADDRESS} characters are fetched. {EXAMPLE}"
        )
    if match := PAGE.match(url):
        within = f" and {(match[3] or '').strip('/')} as folder" if (match[3] or "").strip("/") else ""
        cure = f"write {match[1]}, with {match[2]} as branch or tag{within}."
        raise wrong_field("url", f"This is a page in a repository: {cure}")
    try:
        target = async_to_sync(find)(url, resolve=network.resolve, private=network.private)
    except OutsideError as error:
        raise wrong_field("url", error.message) from error
    if target.url.raw_query_string or "?" in url or "#" in url or not PATH.fullmatch(target.url.raw_path):
        raise wrong_field("url", f"This is not the address of a repository. {EXAMPLE}")
    return target


def repository_name(url: str) -> str:
    """The last part of its address, without `.git`."""
    return url.rstrip("/").rpartition("/")[2].removesuffix(".git")


def _fetch(cage: Cage, url: str, ref: str, folder: str) -> GitTree:
    cage.run("init", "--quiet", "--bare", "--template=", "repository")
    options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance")
    refspec = f"+{ref or 'HEAD'}:{FETCHED}"
    cage.run("--git-dir=repository", "fetch", *options, "--no-write-fetch-head", "--", url, refspec)
    commit = cage.run("--git-dir=repository", "rev-parse", "--verify", f"{FETCHED}^{{commit}}").read_text().strip()
    return GitTree(cage, url=url, commit=commit, folder=folder)


def _pinned(target: Target) -> dict[str, str]:
    """The setting that makes git connect to the addresses that were checked, whatever the name leads to by then."""
    with suppress(ValueError):
        ipaddress.ip_address(target.host)
        return {}
    addresses = ",".join(f"[{address}]" if address.version == 6 else str(address) for address in target.addresses)
    return {"http.curloptResolve": f"{target.host}:{target.port}:{addresses}"}


def _too_many() -> InvalidInput:
    return wrong_field("url", f"The repository has over {MOST_ENTRIES:,} files. Put its skills into a smaller one.")
