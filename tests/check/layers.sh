#!/bin/sh
# Includes and calls point downward. The rooms and what each may know stand in
# the table below; inside a room the order of its list in local.mk is the order
# of the layers: a module includes, and calls, only what stands before it. So
# there is no circle, neither of rooms nor of modules. Prints TAP.
#
# usage: layers.sh [SOURCE-DIRECTORY], where the libraries were built
set -u

# room: the rooms below it. ordermqd knows no Redis, no stream and no order: so
# supervisor/common, which it stands on, does not either.
rooms='
lib/base:
lib/settings: lib/base
lib/redis: lib/base lib/settings
lib/process: lib/base lib/settings
lib/stream: lib/base lib/settings lib/redis
lib/consumer: lib/base lib/settings lib/redis lib/process lib/stream
producers/common: lib/base lib/settings lib/redis lib/process lib/stream
producers/publish: lib/base lib/settings lib/redis lib/stream
producers/sources: lib/base lib/settings lib/stream producers/publish
producers/order: lib/base lib/settings lib/redis lib/stream producers/common producers/publish producers/sources
producers/seckill: lib/base lib/settings lib/redis lib/stream producers/common
consumers: lib/base lib/settings lib/redis lib/process lib/stream lib/consumer
supervisor/common: lib/base lib/settings lib/process
supervisor/ordermqd: lib/base lib/settings lib/process supervisor/common
supervisor/keeper: lib/base lib/settings lib/redis lib/process lib/stream supervisor/common
supervisor/ctl: lib/base lib/settings lib/redis lib/process lib/stream supervisor/common supervisor/keeper supervisor/ctl/redis supervisor/ctl/doctor supervisor/ctl/verify
supervisor/ctl/redis: lib/base lib/settings lib/redis lib/process lib/stream lib/consumer supervisor/common supervisor/keeper supervisor/ctl
supervisor/ctl/doctor: lib/base lib/settings lib/redis lib/process lib/stream lib/consumer supervisor/common supervisor/keeper supervisor/ctl
supervisor/ctl/verify: lib/base lib/settings lib/redis lib/process lib/stream lib/consumer supervisor/common supervisor/keeper supervisor/ctl supervisor/ctl/redis
supervisor/show: lib/base lib/settings lib/redis lib/process lib/stream supervisor/common supervisor/keeper supervisor/ctl
'
