"""A real git server on loopback: git's own http-backend behind HTTPS, with a certificate made for the test."""

import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from automatos import private_hosts
from automatos.skill_format.repository import Network

HOST = "skills.example"
QUIET = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": "cook@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
Answer = Callable[[BaseHTTPRequestHandler], None]


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """What a git command in this folder prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, env=QUIET, input=given, capture_output=True, check=True)
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class Special:
    """A thing in a tree that is no plain file. mode: as git writes it."""

    mode: str
    content: bytes


def link(target: str) -> Special:
    return Special("120000", target.encode())


SUBMODULE = Special("160000", b"1" * 40)


def commit(folder: Path, files: Mapping[str, object], *, branch: str = "main") -> str:
    """Commit exactly these files (text, bytes or Special) to a branch of a bare repository, made if need be.

    Returns the commit.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
    lines = [b"commit refs/heads/%s" % branch.encode(), b"committer C <c@example.org> 1700000000 +0000", b"data 1\nx"]
    lines.append(b"deleteall")
    for path, what in files.items():
        thing = what if isinstance(what, Special) else Special("100644", _bytes(what))
        if thing.mode == "160000":
            lines.append(b"M 160000 %s %s" % (thing.content, path.encode()))
        else:
            lines.append(b"M %s inline %s\ndata %d" % (thing.mode.encode(), path.encode(), len(thing.content)))
            lines.append(thing.content)
    git(folder, "fast-import", "--quiet", "--force", given=b"\n".join(lines) + b"\n")
    return git(folder, "rev-parse", branch)


def _bytes(what: object) -> bytes:
    return what if isinstance(what, bytes) else str(what).encode()


@dataclass
class GitServer:
    """Serves every bare repository under `root` as https://skills.example:<port>/<name>.

    answers: what to do instead for paths that start so. asked: every path that was asked for.
    """

    root: Path
    ca_file: str = ""
    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"https://{HOST}:{self.port}/{name}"

    def local_url(self, name: str) -> str:
        """The same under a name that every machine resolves; it takes an operator's leave (`private_hosts`)."""
        return f"https://localhost:{self.port}/{name}"

    def network(self, addresses: Sequence[str] = ("127.0.0.1",), *, trusted: bool = True) -> Network:
        """Finds the server under a name no resolver knows, and allows it although it is private."""

        async def resolve(host: str, port: int) -> Sequence[str]:
            return addresses

        private = private_hosts.parse([f"{HOST}:{self.port}"])
        return Network(ca_file=self.ca_file if trusted else "", resolve=resolve, private=private)


@contextmanager
def git_server(root: Path) -> Iterator[GitServer]:
    """The server, running."""
    server = GitServer(root=root)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(root))
    server.ca_file = str(root / "certificate.pem")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.asked.append(self.path)
            for start, answer in server.answers.items():
                if self.path.startswith(start):
                    answer(self)
                    return
            backend(self, root)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed in mid-sentence is what many tests are about."""

    listening = Server(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
    server.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@dataclass
class Cost:
    """What a fetch took. seconds; peak_bytes: the most that stood in its folder at once."""

    seconds: float = 0.0
    peak_bytes: int = 0


@contextmanager
def measured(folder: Path) -> Iterator[Cost]:
    """Time and space of the block; afterwards its folder must be empty and none of its processes alive."""
    cost, stop, began = Cost(), threading.Event(), time.monotonic()

    def look() -> None:
        while not stop.wait(0.01):
            cost.peak_bytes = max(cost.peak_bytes, _size(folder))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield cost
    finally:
        cost.seconds = time.monotonic() - began
        stop.set()
        thread.join()
        assert not list(folder.iterdir()), "something was left in the folder"
        assert not (left := _left(folder)), f"processes were left: {left}"


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


def _left(folder: Path) -> list[psutil.Process]:
    """The processes that still work in the folder, after a moment in which a killed one may die."""
    deadline = time.monotonic() + 5
    while left := [process for process in psutil.process_iter() if str(folder) in _where(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return left


def _where(process: psutil.Process) -> str:
    try:
        return str(process.cwd())
    except psutil.Error:
        return ""


def backend(handler: BaseHTTPRequestHandler, root: Path, body: bytes | None = None) -> None:
    """Answer with git's own CGI program. body: what was sent, if it was read already."""
    path, _, query = handler.path.partition("?")
    environment = {
        **QUIET,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
    }
    sent = handler.rfile.read(int(handler.headers.get("Content-Length", 0))) if body is None else body
    done = subprocess.run(["git", "http-backend"], env=environment, input=sent, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    handler.send_response(int(headers.pop("Status", "200").split()[0]))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _certificate(root: Path) -> str:
    """A certificate for the host that is its own authority; key and certificate in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    (root / "certificate.pem").write_bytes(certificate)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both = root / "server.pem"
    both.write_bytes(private + certificate)
    return str(both)
