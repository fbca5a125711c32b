package diag

// UP30xx: the frame map.
var (
	UnmappedPoint = define("UP3001", "a point has no place in the new release", "A changed function may stand on a stack at this point, and the frame map does not say where it goes on. Add a mapping, or a \"not here\" constraint that makes goroutines leave first.")
)
