#!/bin/sh
# A shop in shell: redis-cli writes what it knows of an order and the entry for
# the services in one transaction.
#
# usage: orders.sh SOCKET <CSV: order_id,user_id,product,quantity,price
while IFS=, read -r order_id user_id product quantity price; do
	cat <<COMMANDS
MULTI
HSET order:$order_id product "$product" quantity $quantity price $price
XADD orders * order_id $order_id user_id "$user_id" product "$product" quantity $quantity price $price
EXEC
COMMANDS
done | redis-cli -s "$1" |
	awk '/ERR/ { print; failed = 1 } /^OK$/ { orders++ }
		END { print orders " orders"; exit failed }'
