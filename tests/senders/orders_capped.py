# A shop in Python: a transaction for each order, and a stream that is kept short,
# as most tutorials have it.
#
# usage: orders_capped.py SOCKET <CSV: order_id,user_id,product,quantity,price
import csv
import sys

import redis


def place(shop, order_id, user_id, product, quantity, price):
    order = {"order_id": order_id, "product": product,
             "quantity": quantity, "price": price}
    if user_id:
        order["user_id"] = user_id
    with shop.pipeline(transaction=True) as pipe:
        pipe.hset(f"order:{order_id}", mapping=order)
        pipe.xadd("orders:capped", order, maxlen=100, approximate=True)
        pipe.execute()


shop = redis.Redis(unix_socket_path=sys.argv[1])
for row in csv.reader(sys.stdin):
    place(shop, *row)
