-- The scripts run inside Redis, which has Lua 5.1 and these.
std = "lua51"
read_globals = {
	"ARGV", "KEYS", "bit", "cjson", "cmsgpack", "redis", "struct",
}
max_line_length = 100
