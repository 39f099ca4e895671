"""When a delivery that has failed is tried again, and when no more. Pure.

Each entry is sent in its turn. One that fails waits for another attempt, while those after it are
sent: whoever refuses one message gets the others. After MAX_IN_A_ROW failures in a row the receiver
is probably away; then no new entries are sent until an attempt succeeds, so that they stay in the
log, in their order.
"""

from typing import Final

from chat.backplane.webhooks import Progress, Waiting, Webhook

# The pause doubles with each attempt, from a receiver that restarts to one that nobody looks after.
FIRST_RETRY_S: Final = 2.0
LAST_RETRY_S: Final = 3600.0
# Whoever runs the receiver has had a day to notice.
GIVE_UP_S: Final = 86_400.0
MAX_IN_A_ROW: Final = 5
# Of messages that the receiver refuses while it takes others; they are what is stored.
MAX_WAITING: Final = 100


def takes_new(progress: Progress, *, now: float) -> bool:
    """Return whether the next new entry is sent, beside those that wait."""
    if now < progress.resume_s or len(progress.waiting) >= MAX_WAITING:
        return False
    return progress.failures < MAX_IN_A_ROW or not progress.waiting


def due(progress: Progress, *, now: float) -> Waiting | None:
    """Return the first entry, in the order of the log, that is to be tried again now."""
    if now < progress.resume_s:
        return None
    return next((one for one in progress.waiting if one.at_s <= now), None)


def next_attempt_s(progress: Progress, *, now: float) -> float | None:
    """Return when to look again for something to send; None if there is nothing until a hint."""
    if now < progress.resume_s:
        return progress.resume_s
    return min((one.at_s for one in progress.waiting), default=None)


def note_success(progress: Progress, *, now: float) -> None:
    if progress.failures >= MAX_IN_A_ROW:  # it is back: what has failed meanwhile is tried anew
        for one in progress.waiting:
            one.at_s, one.pauses = min(one.at_s, now), 0
    progress.failures, progress.failing_since_s = 0, 0.0


def note_failure(
    progress: Progress, job: Waiting, *, retry_s: float, now: float, jitter: float
) -> bool:
    """Count a failed attempt of ``job``; return whether it is tried again, at its ``at_s``.

    ``retry_s`` is what the receiver asks for, 0 for nothing; ``jitter`` is between 0 and 1.
    """
    progress.failures += 1
    progress.failing_since_s = progress.failing_since_s or now
    progress.resume_s = now + retry_s
    pause_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(job.pauses, 20))
    job.attempts += 1
    job.pauses += 1
    job.at_s = now + pause_s * (0.5 + jitter / 2)
    return now < job.first_s + GIVE_UP_S


def is_given_up(progress: Progress, *, now: float) -> bool:
    """Return whether nothing has succeeded for so long that the webhook is disabled."""
    return bool(progress.failing_since_s) and now >= progress.failing_since_s + GIVE_UP_S


def begin_turn(progress: Progress, hook: Webhook, *, now: float) -> None:
    """Forget what has failed if ``hook`` was changed since, or enabled again."""
    if progress.turn == hook.turn:
        return
    progress.turn, progress.is_stopped, progress.why = hook.turn, False, ""
    progress.failures, progress.failing_since_s, progress.resume_s = 0, 0.0, 0.0
    for one in progress.waiting:
        one.first_s, one.at_s, one.pauses = now, now, 0
