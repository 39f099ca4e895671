-- Removes a room with everything in it, notes that it was removed, and tells who reads it.
--
-- The note comes after the room: a Redis that is full refuses it otherwise, but not behind what the
-- same script has written. A room that is gone without it would be taken for lost, and begun anew.
--
-- KEYS  1 removed; then all that the room has
-- ARGV  1 seconds until the note expires  2 PUBLISH|SPUBLISH  3 the room's channel  4 what to tell

redis.call('UNLINK', unpack(KEYS, 2))
redis.call('SET', KEYS[1], 1, 'EX', ARGV[1])
redis.pcall(ARGV[2], ARGV[3], ARGV[4])  -- only a hint: who may not publish has removed it
