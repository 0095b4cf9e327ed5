"""Where the embedded servers of one data folder listen: arithmetic on its path, nothing is started here."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from automatos.database_roles import APP_ROLE

# A Unix socket's path may hold 107 bytes; PostgreSQL appends `.s.PGSQL.5432.lock` to its folder.
LONGEST_SOCKET_FOLDER = 80

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Addresses:
    """The files and addresses of one installation's embedded servers."""

    data: Path
    run: Path

    @property
    def database_url(self) -> str:
        """PostgreSQL over a Unix socket, superuser `postgres`, who owns the tables, database `automatos`."""
        return f"postgresql://postgres@/automatos?host={self.run}"

    @property
    def app_database_url(self) -> str:
        """The same database under the application's own role."""
        return f"postgresql://{APP_ROLE}@/automatos?host={self.run}"

    @property
    def redis_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}?db=0"

    @property
    def model_port_file(self) -> Path:
        """Holds the port of the embedded model server while it runs."""
        return self.run / "model.port"

    def model_url(self) -> str:
        """The embedded model server's OpenAI-compatible base URL, or empty when it does not run."""
        try:
            port = int(self.model_port_file.read_text())
        except (OSError, ValueError):
            return ""
        return f"http://127.0.0.1:{port}/v1"


def data_folder() -> Path:
    """The folder named by DATA (relative to the project), by default `.data`."""
    return (PROJECT / (os.environ.get("DATA", "").strip() or ".data")).resolve()


def addresses(data: Path | None = None) -> Addresses:
    """Addresses of a data folder; its sockets move to the temporary folder when the path is too long for one."""
    data = data or data_folder()
    run = data / "run"
    if len(os.fsencode(run)) > LONGEST_SOCKET_FOLDER:
        digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        run = Path(tempfile.gettempdir()) / f"automatos-{digest}"
    return Addresses(data=data, run=run)
