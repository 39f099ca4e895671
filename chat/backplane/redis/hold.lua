-- Takes or renews a lease for a time, or ends it.
-- KEYS: the lease. ARGV: the holder, for how many milliseconds (0 ends it).
-- Returns 1 if the holder has, or had, the lease, else 0.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
    return 0
end
if ARGV[2] == '0' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
