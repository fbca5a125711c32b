package framemap

// Results says what those get who have called function old before the update and wait
// for what it returned, if the function that it becomes returns something else: foreign
// code, which has called it through a function value, and the callers of functions that
// are marked go:uintptrescapes. convert is a function that takes the new results and
// gives the old ones, both written with mirrors. Own code that calls a function is
// carried over with it, and gets what its new text waits for.
//
//	framemap.Results(m, "example.com/kvd.compare", func(less bool) int {
//		if less {
//			return -1
//		}
//		return 1
//	})
//
// It runs when the function returns, on its goroutine, in the new release. A panic in it
// is one of the function.
func Results(m *Map, old string, convert any) {
	m.Turns = append(m.Turns, TurnRule{old, convert})
}
