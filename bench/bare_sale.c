/* The script of a flash sale in a bare loop. */

#include "config.h"

#include "bench/bare.h"
#include "bench/sample.h"
#include "bench/wire.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char sale_lua[] =
#include "producers/seckill/seckill.inc"
	;

#define SALE_VOUCHER "bench"
#define SALE_KEY(what) "{" BARE_STREAM "}:seckill:" SALE_VOUCHER ":" what

static void script_load(struct wire *wire, char *digest, size_t bytes)
{
	struct piece piece;

	wire_command(wire, 3);
	wire_word(wire, "SCRIPT");
	wire_word(wire, "LOAD");
	wire_word(wire, sale_lua);
	wire_flush(wire);
	piece = wire_string(wire);
	if (piece.length >= bytes)
		errx(1, "SCRIPT LOAD: no digest");
	memcpy(digest, piece.data, piece.length);
	digest[piece.length] = '\0';
	wire_forget(wire);
}

static void put_request(struct wire *wire, const struct bare *bare,
			const char *digest, uint64_t i)
{
	char orderno[SAMPLE_ORDERNO_BYTES];

	wire_command(wire, 9);
	wire_word(wire, "EVALSHA");
	wire_word(wire, digest);
	wire_word(wire, "4");
	wire_word(wire, BARE_STREAM);
	wire_word(wire, SALE_KEY("terms"));
	wire_word(wire, SALE_KEY("buyers"));
	wire_word(wire, SALE_KEY("orders"));
	wire_number(wire, sample_user(i, bare->users));
	wire_word(wire, sample_orderno(i, orderno));
}

/* A batch is sent before the answers to the last are waited for. */
void bare_sale(const struct bare *bare)
{
	uint64_t sent = 0, answered = 0;
	struct wire wire;
	char digest[64];

	wire_open(&wire, bare->redis);
	script_load(&wire, digest, sizeof(digest));
	while (answered < bare->count) {
		for (uint64_t n = 0; n < bare->batch && sent < bare->count; n++)
			put_request(&wire, bare, digest, sent++);
		wire_flush(&wire);
		wire_forget(&wire);
		while (answered < sent &&
		       (sent == bare->count || sent - answered > bare->batch)) {
			wire_skip(&wire);
			answered++;
		}
	}
	wire_close(&wire);
}

void bare_requests(const struct bare *bare)
{
	char orderno[SAMPLE_ORDERNO_BYTES];

	for (uint64_t i = 0; i < bare->count; i++)
		(void)printf("{\"voucher\":\"%s\",\"user\":%" PRIu64
			     ",\"orderno\":\"%s\"}\n",
			     SALE_VOUCHER, sample_user(i, bare->users),
			     sample_orderno(i, orderno));
}
