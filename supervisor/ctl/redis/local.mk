libsupervisor_a_SOURCES += \
	%D%/view.c %D%/view.h \
	%D%/view_range.c %D%/view_range.h \
	%D%/packed.c %D%/packed.h \
	%D%/dead_letter.c %D%/dead_letter.h \
	%D%/dead_choice.c %D%/dead_choice.h \
	%D%/ledger_line.c %D%/ledger_line.h \
	%D%/tally.c %D%/tally.h \
	%D%/dead_replay.c %D%/dead_replay.h \
	%D%/replay_outcome.c %D%/replay_outcome.h \
	%D%/replay_range.c %D%/replay_range.h \
	%D%/order_trail_parts.c %D%/order_trail_parts.h \
	%D%/order_trail_letters.c \
	%D%/order_trail.c %D%/order_trail.h \
	%D%/verb_dead.c \
	%D%/verb_entries.c \
	%D%/verb_order.c \
	%D%/verb_pending.c \
	%D%/verb_points.c \
	%D%/verb_replay.c \
	%D%/verb_pause.c \
	%D%/verb_trim.c \
	%D%/verb_wait.c
lua_scripts += \
	%D%/orders.lua \
	%D%/entry_id.lua \
	%D%/letter_notes.lua \
	%D%/last_id.lua \
	%D%/count.lua \
	%D%/drop.lua \
	%D%/replay_range.lua \
	%D%/pause.lua
