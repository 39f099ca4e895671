"""A stand-in for Kafka: the one that librdkafka has for its own tests, in a process of its own.

It speaks the protocol, with transactions, and keeps records in memory. It does not shut out a
producer that another has taken over from. KAFKA_URL names a real one, which the tests then use.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

IS_REAL = "KAFKA_URL" in os.environ
_PRODUCER = 0  # rd_kafka_type_t


@contextmanager
def run_kafka() -> Iterator[str]:
    """Run a stand-in, unless there is a real one; yield its URL without a topic."""
    if IS_REAL:
        yield os.environ["KAFKA_URL"].rstrip("/")
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kafka_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"kafka://{process.stdout.readline().strip()}"
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def main() -> None:
    """Print the address of a stand-in, and keep it until the standard input ends."""
    library = ctypes.CDLL("librdkafka.dylib" if sys.platform == "darwin" else "librdkafka.so.1")
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    library.rd_kafka_conf_new.restype = pointer
    library.rd_kafka_new.restype = pointer
    library.rd_kafka_new.argtypes = [ctypes.c_int, pointer, text, ctypes.c_size_t]
    library.rd_kafka_mock_cluster_new.restype = pointer
    library.rd_kafka_mock_cluster_new.argtypes = [pointer, ctypes.c_int]
    library.rd_kafka_mock_cluster_bootstraps.restype = text
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [pointer]
    why = ctypes.create_string_buffer(512)
    client = library.rd_kafka_new(_PRODUCER, library.rd_kafka_conf_new(), why, len(why))
    assert client, why.value
    cluster = library.rd_kafka_mock_cluster_new(client, 1)
    print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
