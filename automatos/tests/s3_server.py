"""A real S3 store on loopback: SeaweedFS with one key, in a folder that is thrown away."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

KEY, SECRET = "kitchen-key", "kitchen-secret-of-forty-characters-or-so"
START_SECONDS = 60
# It listens at each port and at the one 10,000 above it.
GRPC = 10_000


@dataclass
class S3Server:
    """Where it is, and its one key. bucket: made and empty at the start."""

    endpoint: str
    bucket: str = "kitchen"
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def storage(self) -> dict[str, Any]:
        """The bucket as Django's STORAGES takes it."""
        options = {"bucket_name": self.bucket, "region_name": "us-east-1", "endpoint_url": self.endpoint}
        keys = {"access_key": KEY, "secret_key": SECRET}
        return {"BACKEND": "automatos.storage.bucket.Bucket", "OPTIONS": {**options, **keys}}

    def client(self) -> Any:
        """A client that knows the key, apart from the product's."""
        import boto3
        from botocore.config import Config

        config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", config=config, **keys)

    def clear(self) -> None:
        """Empty the bucket."""
        client = self.client()
        while listed := client.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            for each in listed:
                client.delete_object(Bucket=self.bucket, Key=each["Key"])


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """The store, running. folder: where it keeps everything."""
    identity = {
        "name": "kitchen",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    ports = _free_ports(5)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(_command(folder, ports), cwd=folder, stdout=log, stderr=log, start_new_session=True)
    server = S3Server(f"http://127.0.0.1:{ports[3]}", process=process)
    try:
        _wait(server, folder / "log")
        yield server
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _command(folder: Path, ports: list[int]) -> list[str]:
    names = ("master.port", "volume.port", "filer.port", "s3.port", "metricsPort")
    return [
        *(str(Path(sys.executable).parent / "weed"), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1"),
        *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
        *("-ip.bind=127.0.0.1", "-filer=true", "-s3", f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0"),
        "-s3.port.lance=0",
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=20"),
    ]


def _free_ports(count: int) -> list[int]:
    """Ports that are free together with those 10,000 above them."""
    found: list[int] = []
    for port in range(21_000 + (time.time_ns() // 1_000) % 20_000, 55_000):
        if len(found) == count:
            break
        with socket.socket() as low, socket.socket() as high, suppress(OSError):
            low.bind(("127.0.0.1", port))
            high.bind(("127.0.0.1", port + GRPC))
            found.append(port)
    return found


def _wait(server: S3Server, log: Path) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process and server.process.poll() is None:
        with suppress(BotoCoreError, ClientError):
            server.client().create_bucket(Bucket=server.bucket)
            server.client().put_object(Bucket=server.bucket, Key="ready", Body=b"")
            server.client().delete_object(Bucket=server.bucket, Key="ready")
            return
        time.sleep(0.2)
    raise RuntimeError(f"The S3 server did not start: {log.read_text(errors='replace')[-2_000:]}")


@pytest.fixture(scope="session")
def s3_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The store of this session."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3(s3_running: S3Server) -> S3Server:
    """A real S3 store with an empty bucket."""
    s3_running.clear()
    return s3_running
