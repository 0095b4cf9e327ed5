"""A folder and a bucket do the same things, the bucket on a real S3 store."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client

from automatos.storage import objects
from automatos.storage.store import StorageDown, Store
from automatos.tests.s3_server import S3Server


def test_a_file_is_made_read_replaced_and_removed(store: Store) -> None:
    objects.write("runs/a/über uns (1).txt", b"one")
    assert objects.read("runs/a/über uns (1).txt") == b"one"
    objects.write("runs/a/über uns (1).txt", bytes(range(256)) * 50_000)
    assert objects.read("runs/a/über uns (1).txt") == bytes(range(256)) * 50_000
    assert objects.exists("runs/a/über uns (1).txt")
    objects.remove("runs/a/über uns (1).txt")
    objects.remove("runs/a/über uns (1).txt")
    assert not objects.exists("runs/a/über uns (1).txt")
    with pytest.raises(FileNotFoundError):
        objects.read("runs/a/über uns (1).txt")


def test_what_is_kept_is_never_replaced_whoever_comes_first(store: Store) -> None:
    assert objects.keep("plugins/ab/cd", b"first")
    assert not objects.keep("plugins/ab/cd", b"other")
    assert objects.read("plugins/ab/cd") == b"first"
    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(lambda number: objects.keep("plugins/race", b"%d" % number), range(8)))
    assert wrote.count(True) == 1
    assert objects.read("plugins/race") == b"%d" % wrote.index(True)


def test_readers_see_a_file_whole_while_it_is_replaced(store: Store) -> None:
    whole = [bytes([number]) * 200_000 for number in range(6)]
    objects.write("runs/x", whole[0])
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(objects.write, "runs/x", data) for data in whole]
        reading = [pool.submit(objects.read, "runs/x") for _ in range(20)]
        assert all(each.result() in whole for each in reading)
        assert [each.result() for each in writing] == [None] * 6


def test_a_folder_is_listed_and_removed_with_what_is_below(store: Store) -> None:
    for name in ("a/1.txt", "a/2.txt", "a/deep/er/3.txt", "ab/4.txt"):
        objects.write(name, name.encode())
    assert [(file.base, file.size) for file in objects.listing("a")] == [("1.txt", 7), ("2.txt", 7)]
    assert all(file.modified.tzinfo for file in objects.listing("a"))
    assert [file.name for file in store.walk()] == ["a/1.txt", "a/2.txt", "a/deep/er/3.txt", "ab/4.txt"]
    assert objects.listing("nowhere") == []
    assert objects.remove_folder("a") == 7 + 7 + 15
    assert [file.name for file in store.walk()] == ["ab/4.txt"]
    assert objects.remove_folder("a") == 0


def test_more_objects_are_removed_than_one_request_takes(s3: S3Server) -> None:
    bucket = cast(Store, storages.create_storage(s3.storage))
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: bucket.replace(f"runs/many/{number}", b"x"), range(1_010)))
    assert bucket.remove_folder("runs/many") == 1_010
    assert list(bucket.walk("runs")) == []


def test_objects_are_private_and_links_are_signed(s3: S3Server, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": s3.storage}
    settings.FILES_LINKS = False
    objects.write("runs/w/report.pdf", b"secret")
    assert objects.link("runs/w/report.pdf", filename="report.pdf") is None
    settings.FILES_LINKS = True
    link = objects.link("runs/w/report.pdf", filename='Über "1".pdf')
    assert link is not None
    assert "X-Amz-Expires=300" in link
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"secret"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename")
        assert answer.headers["Content-Type"] == "application/octet-stream"
    for wrong in (link.partition("?")[0], link.replace("report.pdf?", "other.pdf?"), link[:-2] + "00"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(wrong)
        assert caught.value.code == 403


def test_a_store_that_is_gone_or_refuses_is_told_without_its_words(s3: S3Server, settings: Any, tmp_path: Path) -> None:
    options = s3.storage["OPTIONS"]
    for wrong in ({"endpoint_url": "http://127.0.0.1:1"}, {"secret_key": "wrong"}):
        broken = {**s3.storage, "OPTIONS": {**options, **wrong}}
        settings.STORAGES = {**settings.STORAGES, "default": broken}
        with pytest.raises(StorageDown) as caught:
            objects.write("runs/x", b"x")
        assert caught.value.http_status == 503
        assert "wrong" not in caught.value.message
    (tmp_path / "file").write_text("in the way")
    blocked = {"BACKEND": "automatos.storage.folder.Folder", "OPTIONS": {"location": tmp_path / "file" / "below"}}
    settings.STORAGES = {**settings.STORAGES, "default": blocked}
    for write in (objects.write, objects.keep):
        for name in ("x", "../x"):
            with pytest.raises(StorageDown):
                write(name, b"x")


def test_a_process_that_dies_while_it_writes_leaves_no_part(folder_storage: dict[str, Any], tmp_path: Path) -> None:
    place = folder_storage["OPTIONS"]["location"]
    code = (
        "import os, sys; from django.conf import settings; settings.configure(); "
        "from automatos.storage.folder import Folder; import automatos.storage.folder as folder; "
        "folder.os.fsync = lambda handle: os._exit(9); "
        "getattr(Folder(location=sys.argv[1]), sys.argv[2])('runs/x', b'half')"
    )
    for method in ("replace", "keep"):
        died = subprocess.run([sys.executable, "-c", code, str(place), method], check=False, cwd=Path.cwd())
        assert died.returncode == 9
    store = cast(Store, storages.create_storage(folder_storage))
    assert list(store.walk()) == []
    assert len(os.listdir(place / "runs")) == 2
    assert store.keep("runs/x", b"whole")
    store.remove_folder("runs")
    assert not (place / "runs").exists()


@pytest.mark.django_db
def test_files_are_moved_compared_and_moved_back(s3: S3Server, folder_storage: dict[str, Any], settings: Any) -> None:
    settings.FILES_FOLDER, settings.FILES_BUCKET = folder_storage, s3.storage
    folder = cast(Store, storages.create_storage(folder_storage))
    bucket = cast(Store, storages.create_storage(s3.storage))
    names = {f"runs/w/{number}.txt": os.urandom(1_000 + number) for number in range(20)}
    for name, data in names.items():
        folder.replace(name, data)
    bucket.replace("runs/w/0.txt", names["runs/w/0.txt"])
    bucket.replace("runs/w/1.txt", b"an older one")

    def say(*arguments: str) -> str:
        out = StringIO()
        call_command("move_files", *arguments, stdout=out)
        return out.getvalue()

    assert "19 files would be copied" in say("bucket", "--dry-run")
    assert bucket.read("runs/w/1.txt") == b"an older one"
    assert "19 files copied" in say("bucket")
    assert "0 files copied (0 bytes), 20 were there already." in say("bucket", "--delete")
    assert list(folder.walk()) == []
    assert {file.name: bucket.read(file.name) for file in bucket.walk()} == names
    assert "20 files were removed from the bucket." in say("folder", "--delete")
    assert {file.name: folder.read(file.name) for file in folder.walk()} == names
    settings.FILES_BUCKET = None
    with pytest.raises(CommandError, match="AWS_S3_BUCKET"):
        say("bucket")


@pytest.mark.django_db(transaction=True)
def test_ready_says_whether_the_bucket_can_be_written(s3: S3Server, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": s3.storage}
    assert Client().get("/ready").json()["checks"]["storage"] == {"status": "ok"}
    assert s3.client().list_objects_v2(Bucket=s3.bucket)["KeyCount"] == 0
    gone = {**s3.storage, "OPTIONS": {**s3.storage["OPTIONS"], "endpoint_url": "http://127.0.0.1:1"}}
    settings.STORAGES = {**settings.STORAGES, "default": gone}
    assert Client().get("/ready").json()["checks"]["storage"]["status"] == "failed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY is missing"),
        ({"AWS_SECRET_ACCESS_KEY": "a"}, "AWS_ACCESS_KEY_ID is missing"),
        ({"AWS_S3_BUCKET": "s3://kitchen/"}, "AWS_S3_BUCKET is 's3://kitchen/'"),
        ({"AWS_S3_ENDPOINT_URL": "kitchen.local:9000"}, "AWS_S3_ENDPOINT_URL is not an address"),
        ({"AWS_S3_LINKS": "perhaps"}, "AWS_S3_LINKS is 'perhaps'"),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, "automatos.storage.bucket.Bucket False"),
        ({"AWS_S3_ENDPOINT_URL": ""}, "automatos.storage.bucket.Bucket True"),
        ({"AWS_S3_BUCKET": "", "AWS_ACCESS_KEY_ID": "a"}, "automatos.storage.folder.Folder"),
    ],
)
def test_settings_that_cannot_be_used_stop_the_start(given: dict[str, str], said: str, tmp_path: Path) -> None:
    base = {"AWS_S3_BUCKET": "kitchen", "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:9", "DATA": str(tmp_path)}
    code = (
        "import django; from django.conf import settings; "
        "print(settings.STORAGES['default']['BACKEND'], settings.FILES_LINKS)"
    )
    environment = {**os.environ, **base, **given, "DJANGO_SETTINGS_MODULE": "automatos.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert said in done.stdout + done.stderr, json.dumps([done.stdout, done.stderr])
