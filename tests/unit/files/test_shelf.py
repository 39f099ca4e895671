"""Which store the settings select, and what is said about it."""

import logging
from pathlib import Path

import pytest

from chat.files.disk import DiskStore
from chat.files.objects import ObjectStore
from chat.files.shelf import open_shelf
from chat.settings.settings import Settings

REDIS = {"REDIS_URL": "redis://h"}
BUCKET = {"FILES_URL": "s3://k:S3cr3t@files"}


@pytest.mark.parametrize(
    ("env", "kind", "is_warned"),
    [
        ({}, DiskStore, False),
        (REDIS, DiskStore, True),
        (BUCKET, ObjectStore, False),
        (REDIS | BUCKET, ObjectStore, False),
    ],
)
def test_several_instances_are_told_that_they_need_a_store_for_all(
    env: dict[str, str],
    kind: type,
    is_warned: bool,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    shelf = open_shelf(Settings.read({"DATA_DIR": str(tmp_path), **env}))
    assert isinstance(shelf.store, kind)
    assert shelf.is_shared == (kind is ObjectStore)
    assert ("FILES_URL" in caplog.text) == is_warned
    assert "S3cr3t" not in caplog.text
