libproducers_a_SOURCES += \
	%D%/source.h \
	%D%/args.c %D%/args.h \
	%D%/input.c %D%/input.h \
	%D%/csv_reader.c %D%/csv_reader.h \
	%D%/csv.c %D%/csv.h \
	%D%/jsonl.c %D%/jsonl.h \
	%D%/generate.c %D%/generate.h \
	%D%/drain.c %D%/drain.h
EXTRA_DIST += %D%/README.md
