package diag

// Rehearsals.
var (
	DriverFailed    = define("UP3101", "the driver fails without an update", "A rehearsal compares: the driver has to end with status 0 when it is run against the old and against the new release, and against the old one while that captures itself at every point, which makes it slower. What it prints follows.")
	RehearsalFailed = define("UP3102", "runs of a rehearsal failed", "The update does not do at some points what the driver expects of the program. Each run is listed with the stack of points at which the program was updated, the reason, and the command that repeats it.")
)
