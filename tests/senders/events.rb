# A shop in Ruby: one stream of events, orders and refunds among them, with money
# in cents.
#
# usage: events.rb SOCKET <CSV: event,order_id,customer_id,total_cents,refund_id
require "csv"
require "redis"

redis = Redis.new(path: ARGV.fetch(0))
CSV.new($stdin).each do |event, order_id, customer_id, total_cents, refund_id|
  fields = { event: event, order_id: order_id, customer_id: customer_id,
             total_cents: total_cents, refund_id: refund_id }
  redis.xadd("shop:events", fields.compact)
end
