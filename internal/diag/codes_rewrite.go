package diag

// UP11xx: what the rewriter cannot carry.
var (
	UnsafeFrame = define("UP1101", "a local holds memory the rewriter cannot follow", "A live local of type unsafe.Pointer or uintptr that may hold an address cannot be moved to a new frame without losing what it points to.")
)
