/* Publish one order with libordermq-publish, see ordermq-publish(3):

       cc publish.c $(pkg-config --cflags --libs ordermq-publish) -o publish
       ./publish redis://127.0.0.1:6379 A-1 u7 6999

   Run twice, it prints the same entry id: one event has one entry. */

#include <ordermq-publish.h>
#include <stdio.h>
#include <string.h>

static struct ordermq_field field(const char *name, const char *value)
{
	struct ordermq_field field = { name, value, strlen(value) };

	return field;
}

static int publish(struct ordermq_publisher *publisher, char **words)
{
	const struct ordermq_field fields[] = {
		field("orderno", words[0]),
		field("userid", words[1]),
		field("amount", words[2]),
	};
	struct ordermq_result result;

	if (ordermq_publish(publisher, fields, 3, &result) == 0) {
		printf("%s %s\n", result.id,
		       result.outcome == ORDERMQ_KNOWN ? "known" : "new");
		return 0;
	}
	fprintf(stderr, "publish: outcome %d: %s%s\n", result.outcome,
		result.reason, ordermq_publish_reason(publisher));
	return 1;
}

int main(int argc, char **argv)
{
	struct ordermq_publisher *publisher;
	const char *options[] = { NULL, "once=7d", "timeout=5s", NULL };
	char url[300], reason[200];
	int status;

	if (argc != 5) {
		fprintf(stderr, "usage: publish URL ORDERNO USERID AMOUNT\n");
		return 64;
	}
	snprintf(url, sizeof(url), "redis.url=%s", argv[1]);
	options[0] = url;
	if (ordermq_publish_open(options, &publisher, reason, sizeof(reason)) <
	    0) {
		fprintf(stderr, "publish: %s\n", reason);
		return 78;
	}
	status = publish(publisher, argv + 2);
	ordermq_publish_close(publisher);
	return status;
}
