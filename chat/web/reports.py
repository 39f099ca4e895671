"""The HTTP API of the reports that those who keep order in a room have not dealt with yet."""

from collections.abc import Sequence

import msgspec

from chat.protocol.cursor import parse_room
from chat.requests.handler import Handler


class ReportInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A report by ``user`` of the message at ``offset``, which ``whom`` has written."""

    offset: int
    whom: str
    whom_name: str
    user: str
    name: str
    time: str
    reason: str = ""


class ReportList(msgspec.Struct):
    reports: Sequence[ReportInfo]


class ReportsHandler(Handler):
    async def get(self, room: str) -> None:
        """List the open reports."""
        found = await self.dependencies.service.open_reports.all(self.person, parse_room(room))
        self.send_json(
            ReportList(
                [
                    ReportInfo(
                        offset=offset,
                        whom=whom.user,
                        whom_name=whom.name,
                        user=report.user,
                        name=report.name,
                        time=report.time,
                        reason=report.reason,
                    )
                    for offset, report, whom in found
                ]
            )
        )


class ReportHandler(Handler):
    async def delete(self, room: str, offset: str) -> None:
        """Close a report; the message stays."""
        reports = self.dependencies.service.open_reports
        await reports.close(self.person, parse_room(room), int(offset))
        self.send_json({})
