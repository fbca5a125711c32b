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
// that comes back. It does not run if the update is given up. It is for
// the functions of Locals and At, which must not change what the old program has: the
// update may still be given up after them. The program runs, and the goroutine waits for
// f; what f does for several goroutines it may do at the same time. f must neither wait
// nor fail. After a panic the update's result has a warning, or, for a goroutine that was
// parked, it goes on in that. Objects of types that the update changes may have moved by
// then: f must not keep pointers to them.
func Then(s *Stack, f func()) { s.work.Then(f) }
