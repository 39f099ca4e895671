"""The limits for clients, as the metric parley_limits_total names them."""

from enum import StrEnum


class Limit(StrEnum):
    """A limit that a client exceeded. docs/operations.md lists them; a test compares."""

    COMMANDS = "commands"  # a user's commands came too fast
    ADDRESS_COMMANDS = "address_commands"  # an address's did
    FRAMES = "frames"  # an address's WebSocket frames that are no commands did
    REQUESTS = "requests"  # an address's requests came too fast
    NEWCOMERS = "newcomers"  # too many new guests came from one address
    ADDRESS_CONNECTIONS = "address_connections"  # an address had too many transports
    USER_CONNECTIONS = "user_connections"  # a user had
    NEW_GUESTS = "new_guests"  # a guest who has just come has written, or made rooms, too fast
    ROOMS = "rooms"  # a user was in as many rooms as one can be
    NEW_ROOMS = "new_rooms"  # a user has made too many
    ADDRESS_ROOMS = "address_rooms"  # an address has
    JOINS = "joins"  # too many have joined rooms from one address
    SIGN_OUTS = "sign_outs"  # or signed out there
    SIGN_INS = "sign_ins"  # passwords for one name were wrong too often
    ADDRESS_SIGN_INS = "address_sign_ins"  # or from one address
    SIGN_UPS = "sign_ups"  # too many accounts were made from one address
    REPORTS = "reports"  # a user, or an address, has reported too much
    WEBHOOKS = "webhooks"  # or has changed webhooks, or had them sent again, too often
    ACCOUNT_CHANGES = "account_changes"  # one was changed too often
    HOOKS = "hooks"  # a webhook has said too much
    UPLOADS = "uploads"  # a user has uploaded too much, or too many files at once
    ADDRESS_UPLOADS = "address_uploads"  # an address has
    CONNECTIONS = "connections"  # there was no room for one more
    HEAD = "head"  # a request's head was too long
    BODY = "body"  # or its body
    MESSAGE = "message"  # or a message over a WebSocket
    REQUEST_TIME = "request_time"  # a request took too long to come in
    ADMIN = "admin"  # wrong tokens for the page for operators
