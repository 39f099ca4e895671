"""The base of handlers by which people do something with their accounts, or those of others."""

from chat.requests.handler import Handler


class AccountHandler(Handler):
    """A request of a person: bots have no account of their own."""

    is_for_bots = False
