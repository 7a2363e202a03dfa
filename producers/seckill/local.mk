libproducers_a_SOURCES += \
	%D%/orderno.c %D%/orderno.h \
	%D%/seckill.c %D%/seckill.h \
	%D%/seckill_terms.c %D%/seckill_terms.h \
	%D%/seckill_options.c %D%/seckill_options.h \
	%D%/seckill_queue.c %D%/seckill_queue.h \
	%D%/seckill_line.c %D%/seckill_line.h \
	%D%/seckill_client.c %D%/seckill_client.h \
	%D%/seckill_listen.c %D%/seckill_listen.h \
	%D%/seckill_serve.c %D%/seckill_serve.h
lua_scripts += %D%/seckill.lua %D%/seckill_load.lua %D%/seckill_status.lua
EXTRA_DIST += %D%/README.md
