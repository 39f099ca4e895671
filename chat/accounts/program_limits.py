"""The rates of programs, for chat.accounts.rate_limits: tokens at once, and a second."""

from typing import Final

# Commands of a bot, which works for many people at once.
BOT_BURST: Final = 1000
BOT_RATE: Final = 50.0
# What is posted to a webhook: a build that fails tells of each of its parts at once; in the long
# run nobody reads more than one in two seconds. All of an address have its bucket of commands.
HOOK_BURST: Final = 60
HOOK_RATE: Final = 0.5
