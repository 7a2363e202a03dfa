lua_scripts += \
	%D%/fence.lua \
	%D%/early.lua \
	%D%/ensure.lua \
	%D%/acquire.lua \
	%D%/beat.lua \
	%D%/renew.lua \
	%D%/giant.lua \
	%D%/tries.lua \
	%D%/dead_letter.lua \
	%D%/index.lua \
	%D%/entries.lua \
	%D%/history.lua \
	%D%/fetch.lua \
	%D%/retry.lua \
	%D%/crash.lua \
	%D%/settle.lua \
	%D%/dead.lua \
	%D%/release.lua \
	%D%/come_back.lua \
	%D%/replay.lua
EXTRA_DIST += %D%/README.md
