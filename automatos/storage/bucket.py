"""Objects in a bucket of Amazon S3 or of a store that speaks its protocol. Loaded only where one is configured."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

from automatos.storage.store import StorageDown, Stored

CONNECT_SECONDS, READ_SECONDS, TRIES = 3, 20, 3
# What one request may remove.
BATCH = 1_000
MISSING = ("NoSuchKey", "404", "NotFound")
TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")
UNKNOWN_CONDITION = ("NotImplemented", "501")
MEDIA_TYPE = "application/octet-stream"


class Bucket(S3Storage):  # type: ignore[misc]  # it has no types
    """A `Store`, see there. Objects are private; the client is shared by all threads."""

    def __init__(self, **options: Any) -> None:
        # Other stores than Amazon's do not all know the newer checksums, so they are left out where not needed.
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"max_attempts": TRIES, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=20,
        )
        super().__init__(**{"client_config": config, "file_overwrite": False, "default_acl": None, **options})
        self._client: Any = None
        self._making = threading.Lock()

    @property
    def client(self) -> Any:
        """The client of this bucket, made at the first use."""
        with self._making:
            if self._client is None:
                self._client = self.connection.meta.client
        return self._client

    def read(self, name: str) -> bytes:
        with _telling(name):
            content: bytes = self.client.get_object(Bucket=self.bucket_name, Key=name)["Body"].read()
            return content

    def replace(self, name: str, data: bytes) -> None:
        with _telling(name):
            self._put(name, data)

    def keep(self, name: str, data: bytes) -> bool:
        try:
            with _telling(name):
                self._put(name, data, IfNoneMatch="*")
        except FileExistsError:
            return False
        except NotImplementedError:
            if self.holds(name):
                return False
            self.replace(name, data)
        return True

    def discard(self, name: str) -> None:
        with _telling(name):
            self.client.delete_object(Bucket=self.bucket_name, Key=name)

    def holds(self, name: str) -> bool:
        try:
            with _telling(name):
                self.client.head_object(Bucket=self.bucket_name, Key=name)
        except FileNotFoundError:
            return False
        return True

    def files_in(self, folder: str) -> list[Stored]:
        return list(self._listed(f"{folder}/" if folder else "", Delimiter="/"))

    def walk(self, folder: str = "") -> Iterator[Stored]:
        return self._listed(f"{folder}/" if folder else "")

    def remove_folder(self, folder: str) -> int:
        freed, found = 0, list(self.walk(folder))
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            with _telling(folder):
                listed = {"Objects": [{"Key": each.name} for each in batch], "Quiet": True}
                answer = self.client.delete_objects(Bucket=self.bucket_name, Delete=listed)
            if failed := answer.get("Errors"):
                raise StorageDown(f"The file storage did not remove {len(failed)} files. Try again.")
            freed += sum(each.size for each in batch)
        return freed

    def link(self, name: str, *, filename: str, seconds: int) -> str | None:
        given = {
            "Bucket": self.bucket_name,
            "Key": name,
            "ResponseContentDisposition": content_disposition_header(True, filename) or "attachment",
            "ResponseContentType": MEDIA_TYPE,
        }
        with _telling(name):
            address: str = self.client.generate_presigned_url("get_object", Params=given, ExpiresIn=seconds)
            return address

    def _put(self, name: str, data: bytes, **conditions: str) -> None:
        # The store compares the checksum, so a body that was damaged on its way is refused.
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        facts = {"ContentType": MEDIA_TYPE, "ChecksumSHA256": digest}
        self.client.put_object(Bucket=self.bucket_name, Key=name, Body=data, **facts, **conditions)

    def _listed(self, prefix: str, **more: str) -> Iterator[Stored]:
        with _telling(prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket_name, Prefix=prefix, **more
            )
            for page in pages:
                for each in page.get("Contents", ()):
                    if not each["Key"].endswith("/"):
                        yield Stored(each["Key"], each["Size"], each["LastModified"])


@contextmanager
def _telling(name: str) -> Iterator[None]:
    """Errors of the store as ours. What the store says goes no further: it may hold keys and addresses."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in MISSING:
            raise FileNotFoundError(name) from None
        if code in TAKEN:
            raise FileExistsError(name) from None
        if code in UNKNOWN_CONDITION:
            raise NotImplementedError from None
        raise StorageDown(f"The file storage refuses this ({code[:40]}). The operator has to look.") from error
    except BotoCoreError as error:
        raise StorageDown("The file storage does not answer. Try again in a moment.") from error
