# A page for each program; tests/check/man.sh holds them to what they say.
dist_man_MANS = \
	%D%/ordermq-order.1 \
	%D%/ordermq-seckill.1 \
	%D%/ordermqctl.1 \
	%D%/ordermq-publish.3 \
	%D%/ordermq.conf.5 \
	%D%/ordermq.7 \
	%D%/ordermq-findings.7 \
	%D%/ordermq-demo.8 \
	%D%/ordermq-keeper.8 \
	%D%/ordermq-points.8 \
	%D%/ordermq-push.8 \
	%D%/ordermq-audit.8 \
	%D%/ordermq-xread.8 \
	%D%/ordermq.service.8 \
	%D%/ordermqd.8
