package framemap

// DropDefer says that frames of function old go on without calls that they have
// deferred and that the new function does not defer; calls are as written. What a call
// would have done can be done otherwise: Locals finds in the old frame whether it has
// been deferred, and on what it was to work, and Then does it.
//
//	framemap.DropDefer(m, "example.com/kvd.(*client).serve", "c.stats.leave()")
//	framemap.Locals(m, "example.com/kvd.(*client).serve", func(s *framemap.Stack, o *was.Main_client_serve, n *is.Main_client_serve) {
//		if stats := o.C.Stats; o.Defer_c_stats_leave {
//			framemap.Then(s, func() { stats.Clients.Add(-1) })
//		}
//	})
//
// A call that only the new function defers is a local of its frame: with
// n.Defer_c_close = true it is made when the function returns, with false it is not.
func DropDefer(m *Map, old string, calls ...string) {}

// Then runs f before the frame that is being mapped, and those inside it, go on in the new
// release: once the update is committed, or, for a goroutine that was parked then, when
// that comes back. It does not run if the update is given up, nor if the frames could not be
// carried over. It is for the functions of Locals and At, which must not change what the old
// program has: the update may still be given up after them. The program runs, and the
// goroutine waits for f; what f does for several goroutines it may do at the same time.
//
// If further releases have been committed when the goroutine comes back, f runs when it has
// been taken to the newest of them, and the functions of the program that f calls are that
// one's. f may wait in them: a further update finds it parked there. While it waits by
// itself, in a channel operation or in foreign code, none can be made.
//
// A panic in f is one of the goroutine, whether it was parked or not: it goes on at its
// point in the newest release, deferred functions run, and recover has the value, as an
// error that wraps it. What other calls of Then were to do for it is left out. The update's
// status names it (UP2013).
//
// Objects of types that this update changes, or a later one, may have moved by then: f must
// not keep pointers to them, but call a function of the program that finds them.
func Then(s *Stack, f func()) { s.work.Then(f) }
