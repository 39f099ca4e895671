"""Reads what was posted to a webhook, whichever service it is of. Pure."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import UNSET, Raw, UnsetType

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.hooks import github, gitlab, grafana, sentry, slack
from chat.rooms.hooks.markdown import cut
from chat.rooms.hooks.said import Said

TAKEN: Final = (
    'Take {"text"}, as Slack\'s incoming webhooks do with attachments and blocks, or the '
    f"events of GitHub ({', '.join(github.EVENTS)}), GitLab ({', '.join(gitlab.KINDS)}), Sentry "
    f"({', '.join(sentry.RESOURCES)}), and Grafana's or Alertmanager's alerts."
)
_FIELD: Final = b"payload="


class _Shape(msgspec.Struct):
    """The fields that tell of which service a payload is."""

    text: Raw = Raw()
    attachments: Raw = Raw()
    blocks: Raw = Raw()
    alerts: Raw = Raw()
    object_kind: str | UnsetType = UNSET


_shape: Final = msgspec.json.Decoder(_Shape)


def read(headers: Mapping[str, str], payload: bytes) -> Said:
    """Return what ``payload``, which came with ``headers``, says; never more than a message holds.

    Raises InvalidInput: ``bad_json``, ``bad_command`` for a shape that is not known or a field of a
    wrong type, ``empty``.
    """
    try:
        said = _read(headers, payload)
    except msgspec.ValidationError as error:
        raise InvalidInput(Code.BAD_COMMAND, f"{error}.") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidInput(Code.BAD_JSON, f"This is not JSON in UTF-8: {error}.") from error
    return said._replace(text=cut(said.text))


def payload_of_form(body: bytes) -> bytes:
    """Return the field ``payload`` of an urlencoded form. Raises InvalidInput if there is none."""
    for field in body.split(b"&"):
        if field.startswith(_FIELD):
            return unquote_to_bytes(field.removeprefix(_FIELD).replace(b"+", b" "))
    raise InvalidInput(Code.BAD_COMMAND, "A form has its JSON in the field payload.")


def _read(headers: Mapping[str, str], payload: bytes) -> Said:
    if event := headers.get("X-GitHub-Event"):
        return _known(github.read(event, payload), f"GitHub's event {event[:40]}")
    if resource := headers.get("Sentry-Hook-Resource"):
        return _known(sentry.read(resource, payload), f"Sentry's resource {resource[:40]}")
    shape = _shape.decode(payload)
    if shape.object_kind is not UNSET:
        kind = f"GitLab's object_kind {shape.object_kind[:40]}"
        return _known(gitlab.read(shape.object_kind, payload), kind)
    if bytes(shape.alerts):
        return grafana.read(payload)
    if any(map(bytes, (shape.text, shape.attachments, shape.blocks))):
        return slack.read(payload)
    raise InvalidInput(Code.BAD_COMMAND, f"This payload has no form that is known here. {TAKEN}")


def _known(said: Said | None, what: str) -> Said:
    if said is None:
        raise InvalidInput(Code.BAD_COMMAND, f"{what} is not shown here. {TAKEN}")
    return said
