<?php
// A voucher sale in PHP. A script inside Redis decides whether there is one left
// and whether the user has one already, and writes the order.
//
// usage: voucher.php SOCKET VOUCHER STOCK <a user in each line

const SCRIPT = <<<'LUA'
local voucher, user, order = ARGV[1], ARGV[2], ARGV[3]
local stock = 'seckill:stock:' .. voucher
local buyers = 'seckill:order:' .. voucher
if tonumber(redis.call('get', stock) or 0) <= 0 then
    return 1
end
if redis.call('sismember', buyers, user) == 1 then
    return 2
end
redis.call('incrby', stock, -1)
redis.call('sadd', buyers, user)
redis.call('xadd', 'stream.orders', '*',
    'userId', user, 'voucherId', voucher, 'id', order)
return 0
LUA;

// Seconds in the upper bits, a counter of the day in the lower ones.
function nextId(Redis $redis, string $what): int
{
    $count = $redis->incr("icr:$what:" . date('Y:m:d'));
    return (time() - 1640995200) << 32 | $count;
}

[, $socket, $voucher, $stock] = $argv;
$redis = new Redis();
$redis->connect($socket);
$redis->set("seckill:stock:$voucher", $stock);
$answers = ['sold' => 0, 'sold out' => 0, 'once only' => 0];
while (($user = fgets(STDIN)) !== false) {
    $result = $redis->eval(
        SCRIPT, [$voucher, trim($user), nextId($redis, 'order')]);
    if ($result === false) {
        fwrite(STDERR, $redis->getLastError() . "\n");
        exit(1);
    }
    $answers[array_keys($answers)[$result]]++;
}
foreach ($answers as $answer => $count) {
    echo "$answer: $count\n";
}
