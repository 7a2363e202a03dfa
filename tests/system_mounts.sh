# For the system tests in shell that need a small disk of their own: they source
# this first, and are then in a mount namespace of their own, where mount(8) is
# theirs; unless has_mounts is "no".
# shellcheck shell=sh
if [ -z "${OMQ_HAS_MOUNTS-}" ]; then
	OMQ_HAS_MOUNTS=no
	unshare -Urm true 2>/dev/null && OMQ_HAS_MOUNTS=yes
	export OMQ_HAS_MOUNTS
	[ $OMQ_HAS_MOUNTS = no ] || exec unshare -Urm sh "$0"
fi
# shellcheck disable=SC2034 # it is for the test
has_mounts=$OMQ_HAS_MOUNTS
