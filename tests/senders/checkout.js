// A shop in JavaScript: camel case, decimal totals, all in one pipeline.
//
// usage: checkout.js SOCKET <CSV: order_id,user_id,product,quantity,price
const readline = require("readline");
const { Redis } = require("ioredis");

async function main(socket) {
  const redis = new Redis(socket);
  const pipeline = redis.pipeline();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [orderId, userId, product, quantity, price] = line.split(",");
    const total = (quantity * price).toFixed(2);
    const order = { orderId, userId, product, quantity, total };
    pipeline.xadd("{shop}:checkout", "*", ...Object.entries(order).flat());
  }
  for (const [error] of await pipeline.exec()) {
    if (error) throw error;
  }
  await redis.quit();
}

main(process.argv[2]).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
