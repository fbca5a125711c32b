// Package runtime is what runs inside an instrumented program: records, polls,
// capture, rebuild, and the stop that an update needs.
//
// # The record
//
// Every goroutine that runs own code has one record (Rec), found by its g. A
// record is in one of four states, and only its owner writes it:
//
//	OUT       not in own code: before its first gate, after its last
//	RUN       own code may be running
//	PARKED    in an operation that is followed by a poll; no own statement runs
//	CAPTURED  waiting at a base (or at a gate) for the stop to end
//
//	event            owner does
//	park             after the last user statement, operands included: state = PARKED (release)
//	unpark           state = RUN, then the poll loads the state word
//	wait (sync)      the record names the object, then park; unpark: RUN, look whether the object has
//	                 moved and do it again there, then the poll (waits.go, settle.go)
//	wait (channel)   the record names the channels, then park; if an update has moved one of them it is
//	                 done again when the frames have been converted (again.go, leave.go)
//	capture          into the stop's list, state = CAPTURED, wait, state = RUN, look again
//	gate (Enter)     prev = state; RUN; poll; …; deferred: state = prev
//	deferred closure state = RUN, poll; stays RUN (after recover its caller goes on in own code)
//
// The unpark store pairs with the updater's exchange of the state word: either
// the updater's scan sees RUN and waits, or the goroutine's poll sees the stop.
// The store is plain, so the load may overtake it; behind the exchange, and before
// the scan, the updater has all processors go through a barrier (barrier.go), or old
// code would run during the transform (proto.pml, variant NO_BARRIER).
//
// # Capture and rebuild
//
// A poll that finds its state word set asks Begin. If Begin says so it calls the
// point function of its place, which is out of line and takes the live values, and
// returns what that returns: from here on nothing of the frame is needed, and what
// only its locals refer to may be collected. Push stores the frame record. While frames are left to push the point function makes its
// function return zero values, the caller's poll finds the record unwinding and
// does the same, until the base of the segment: the outermost frame whose caller
// is not instrumented, or a deferred closure, or a function that is marked
// go:uintptrescapes. The base does not return. It
// calls Outer, which waits while an update is stopping the program, converts the
// frames when a newer release has been committed, and gives the outermost frame
// as a function to call; that one calls Next for the frame inside it, and so on.
// Results come back through the base to the foreign caller.
//
// A stop may be given up while somebody unwinds. The end of a stop (Resume) therefore
// comes in two steps: the word first says Ending, at which nobody begins to unwind and
// those who have begun go on, and is clear when the last of them is at its base. Who
// begins says so in its record and looks at the word again, so that it either sees the end
// or is waited for (proto.pml, variants CLEAR_AT_ONCE and UNWIND_UNSEEN).
//
// Gates (point 0, a function's entry) never unwind: nothing has run yet in
// their frame, so they wait in place, and hand over in place.
package runtime
