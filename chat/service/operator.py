"""The operator, who keeps order by the command line: as an owner of the server would.

They have no account and are in no room. In rooms that are open they count as a member, so that they
need not join; a private room is closed to them, as it is to the server's owners.
"""

from typing import Final

from chat.protocol.pushes import Person

OPERATOR: Final = Person(user="operator", name="operator")  # no user's id, and a reserved name


def is_operator(user: str) -> bool:
    return user == OPERATOR.user
