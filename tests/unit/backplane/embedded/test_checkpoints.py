"""Removed text does not stay in the write-ahead log."""

from chat.backplane.embedded import schema
from chat.backplane.embedded.checkpoints import Checkpoints
from tests.unit.backplane.embedded.test_readers import ReadersTest


class TestCheckpoints(ReadersTest):
    async def test_a_checkpoint_leaves_nothing_in_the_write_ahead_log(self) -> None:
        other = schema.connect(self.path)
        self.addCleanup(other.close)
        other.execute("CREATE TABLE t (x)")
        log = self.path.with_name("parley.sqlite3-wal")
        assert log.stat().st_size
        await Checkpoints(self.readers, 0).run()
        assert not log.stat().st_size
