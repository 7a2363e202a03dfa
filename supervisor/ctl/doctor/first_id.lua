-- The id of the first dead letter, without the letter itself, which may be larger
-- than any reply.
-- KEYS: dead letters
-- Returns it; '' when there is none.
local letter = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
return letter and letter[1] or ''
