// Package updater takes a running program from one release to the next.
//
// One update at a time goes through the phases
//
//	check → load → quiesce → transform → commit → resume
//
// on a goroutine of the updater's own: the request may come from a goroutine
// that the stop captures.
//
//	check      the update file belongs to this process (no code is loaded)
//	load       its code is opened, its maps are proved to fit; the program runs
//	quiesce    every goroutine is captured, parked or outside own code
//	transform  frames, variables and what they reach are converted aside
//	commit     pointer writes: itabs, patches, variables, the current release
//	resume     goroutines go on in the new release
//
// Whatever fails before commit, runs out of time or is given up is undone: the
// transfer is discarded, the module abandoned, the stop ended, and the program
// goes on in the old release. Nothing can fail from commit on: what cannot be
// carried over when a parked goroutine comes back is a panic of that goroutine, at
// its point in the new release (plan.convert), and the result lists it.
//
// Between the stop and its end the updater takes no lock that other code can
// hold: a goroutine captured under a foreign lock would never let go of it. What
// the developer's functions do there (Convert, Predicate, initial values) is
// theirs to keep free of such locks.
package updater
