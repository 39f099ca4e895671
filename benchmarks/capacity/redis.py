"""The model of a Redis that several instances share."""

from collections import Counter
from typing import Final

from benchmarks.capacity.engine import US, Core, Process
from benchmarks.capacity.instance import Instance, Message
from benchmarks.capacity.parameters import Parameters

# The share of Redis's work for a message that its author's read marker takes, a separate script.
MARK_SHARE: Final = 0.25


class Redis:
    """Stores the messages of instances and publishes them to all instances.

    Each instance has one pipeline in flight. Later requests wait for the next one, as do the
    authors' read markers, which are requested when an append is answered.
    """

    def __init__(self, core: Core, known: Parameters) -> None:
        self.process = Process(core)
        self.instances: list[Instance] = []
        self._known = known
        self._asked: dict[Instance, list[Message]] = {}  # while a pipeline is in flight
        self._marks: Counter[Instance] = Counter()

    def store(self, instance: Instance, messages: list[Message]) -> None:
        """Append ``messages``, as soon as the instance's pipeline is answered."""
        if instance in self._asked:
            self._asked[instance] += messages
        else:
            self._run(instance, messages)

    def serve(self, cost_us: float) -> None:
        """Answer what an instance's followers read."""
        self.process.wake((cost_us * US, lambda: None))

    def _run(self, instance: Instance, messages: list[Message]) -> None:
        self._asked[instance] = []
        known = self._known
        pushes_us = known.redis_push_us * len(self.instances)
        cost_us = (known.redis_message_us * (1 - MARK_SHARE) + pushes_us) * len(messages)
        cost_us += known.redis_message_us * MARK_SHARE * self._marks.pop(instance, 0)
        self.process.wake((cost_us * US, lambda: self._publish(instance, messages)))

    def _publish(self, asking: Instance, messages: list[Message]) -> None:
        """Publish, then answer: Redis writes to clients after a client's whole pipeline is done."""
        for instance in self.instances:
            if messages:
                instance.hear(messages)
        asking.do(0.0, lambda: self._take_answer(asking, len(messages)))

    def _take_answer(self, instance: Instance, appended: int) -> None:
        self._marks[instance] += appended
        asked = self._asked.pop(instance)
        if asked or self._marks[instance]:
            self._run(instance, asked)
