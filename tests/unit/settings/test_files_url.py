"""FILES_URL is checked once, and no message about it repeats what may be a secret."""

import pytest

from chat.errors import SettingsError
from chat.settings.files_url import FilesUrl
from chat.settings.settings import Settings

SECRET = "S3cr3t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://files", FilesUrl(bucket="files")),
        ("s3://files/", FilesUrl(bucket="files")),
        (
            "s3://AKIA:a%2Fb%2Bc@my.files/chat/1?region=eu-central-1",
            FilesUrl(
                bucket="my.files",
                prefix="chat/1",
                region="eu-central-1",
                key="AKIA",
                secret="a/b+c",
            ),
        ),
        (
            "s3://k:s@b1?endpoint=https://s3.example:9000/",
            FilesUrl(bucket="b1", endpoint="https://s3.example:9000", key="k", secret="s"),
        ),
    ],
)
def test_an_address_is_read(text: str, expected: FilesUrl) -> None:
    assert FilesUrl.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "files", "https://files", "s3://", "s3:///x", f"s3://k:{SECRET}/x@files", "s3://k@files",
        f"s3://k:{SECRET}@files?key=x", f"s3://k:{SECRET}@files#x", "s3://files/a b",
        f"s3://k:{SECRET}@files?endpoint=ftp://x", "s3://files?endpoint=https://x/path",
        f"s3://k:{SECRET}@f?endpoint=https://u:{SECRET}@x", f"s3://[{SECRET}",
    ],
)  # fmt: skip
def test_others_are_refused_without_a_word_of_them(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read({"FILES_URL": text})
    assert "FILES_URL" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_logs_do_not_show_the_key() -> None:
    url = FilesUrl.parse(f"s3://k:{SECRET}@files/x")
    assert str(url) == "s3://files/x"
    assert SECRET not in repr(url)
