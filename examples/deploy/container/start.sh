#!/bin/sh
# Starts the newest release that the container knows: the one that the process had been
# updated to, if a container is started anew with the volume of the one before, else the
# image's own. exec leaves the program as process 1, which gets the signals.
releases=${RELEASES:-/releases}
app=${APP:-/app}
if [ -x "$releases/current/kvd" ]; then
	exec "$releases/current/kvd" "$@"
fi
exec "$app/kvd" "$@"
