"""A membership of which nothing was heard while a subscription was lost is found after that."""

from chat.backplane.redis.keys import Keys
from tests.faults.people import reader_on, talker_at
from tests.support.aio import in_a_loop
from tests.support.site import REDIS_AWAY, Site

KEYS = Keys()


@in_a_loop(60)
async def test_who_was_added_or_removed_unheard_reads_the_right_rooms_soon_after(
    site: Site,
) -> None:
    site.expect(*REDIS_AWAY)
    async with talker_at(site.urls[1]) as owner:
        made = await owner.ask(type="create", title="Unheard", access="private")
        room = made["room"]
        for transport in ("websocket", "sse"):
            async with reader_on(site.urls[0], transport) as reader:
                user = reader.seen.user
                with site.redis.client() as client:  # as an instance does it, without a signal
                    client.hset(KEYS.joined(room), user, made["offset"])
                    client.sadd(KEYS.members(room), user)
                    client.hset(KEYS.memberships(user), room, f"{made['offset']} 0")
                    client.execute_command("CLIENT KILL TYPE pubsub")
                await reader.until(lambda push: push["type"] == "rooms" and push["is_member"])
                await owner.say(f"for {transport}", room=room)
                await reader.until_key(f"for {transport}")

                with site.redis.client() as client:
                    client.srem(KEYS.members(room), user)
                    client.hdel(KEYS.joined(room), user)
                    client.hdel(KEYS.memberships(user), room)
                    client.execute_command("CLIENT KILL TYPE pubsub")
                await reader.until(lambda push: push["type"] == "rooms" and not push["is_member"])
                await owner.say(f"not for {transport}", room=room)
                await owner.say(f"for everybody but {transport}")
                await reader.until_key(f"for everybody but {transport}")
                assert f"not for {transport}" not in reader.seen.keys
