"""The command ``doctor``: runs all checks, and shows what they have found."""

from dataclasses import replace

import click
from redis.exceptions import RedisError

from chat.accounts.secret import fingerprint, load_secret
from chat.admin.command import Exit, Result, command
from chat.admin.doctor import environment, instances, outside, redis_store, sqlite_store
from chat.admin.doctor.finding import Finding, Level, problem
from chat.backplane.open import redis_client, redis_keys
from chat.errors import SettingsError
from chat.settings.settings import Settings

_MARKS = {Level.OK: "ok     ", Level.NOTE: "note   ", Level.PROBLEM: "PROBLEM"}


@command(
    "doctor",
    "Look the server over: its settings, its store and disk, Redis, the other instances; and, with "
    "--url, the way to it through proxies, which takes half a minute.",
    "doctor",
    "doctor --url https://chat.example.org --json",
)
@click.option("--url", metavar="URL", help="The address that people use, with BASE_PATH if any.")
@click.option(
    "--min-free-mb",
    type=click.IntRange(0, 10**9),
    default=1000,
    show_default=True,
    help="Megabytes that the disk of DATA_DIR has to have free.",
)
async def doctor(settings: Settings, *, url: str | None, min_free_mb: int) -> Result:
    found = list(environment.check(settings, click.get_current_context().obj))
    if settings.redis_url is None:
        found += sqlite_store.check(settings.data_dir, min_free_bytes=min_free_mb * 1_000_000)
    else:
        found += await _of_redis(settings)
    if url is not None:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"{url} is no address: it begins with https:// or http://.")
        found += await outside.check(url, settings)
    problems = [one for one in found if one.level is Level.PROBLEM]
    lines = []
    for one in found:
        lines.append(f"{_MARKS[one.level]}  {one.area}: {one.what}")
        lines += [f"         {one.todo}"] if one.todo else []
    lines.append(f"{len(problems)} to be mended." if problems else "Nothing has to be mended.")
    fields = {"problems": len(problems), "findings": [one._asdict() for one in found]}
    return Result("\n".join(lines), fields, Exit.FOUND if problems else Exit.DONE)


async def _of_redis(settings: Settings) -> list[Finding]:
    assert settings.redis_url is not None
    try:
        # A Redis that evicts is a finding here, and no reason to stop.
        client = await redis_client(replace(settings, is_eviction_refused=False))
    except SettingsError as error:
        return [problem("redis", str(error), "Start it, or correct REDIS_URL.")]
    try:
        found = await redis_store.check(client, is_cluster=settings.redis_url.is_cluster)
        secret = ""
        if settings.secret is not None or (settings.data_dir / "secret").exists():
            secret = fingerprint(load_secret(settings.secret, settings.data_dir))
        reports = redis_keys(settings).instances
        return [*found, *await instances.check(client, reports, secret=secret)]
    except (RedisError, OSError) as error:
        return [problem("redis", f"Redis does not answer ({error}).", "See its log.")]
    finally:
        await client.aclose()
