"""The two stores, for tests that both have to pass."""

from pathlib import Path
from typing import Any, cast

import pytest
from django.core.files.storage import storages

from automatos.storage.store import Store


@pytest.fixture
def folder_storage(tmp_path: Path) -> dict[str, Any]:
    return {"BACKEND": "automatos.storage.folder.Folder", "OPTIONS": {"location": tmp_path / "files"}}


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, settings: Any) -> Store:
    """Each of the stores, as the product's own."""
    fixture = "folder_storage" if request.param == "folder" else "s3"
    found = request.getfixturevalue(fixture)
    settings.STORAGES = {**settings.STORAGES, "default": found if request.param == "folder" else found.storage}
    return cast(Store, storages["default"])
