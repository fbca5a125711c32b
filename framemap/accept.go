package framemap

// Accept says that frames of function old go on although something that stands between
// its points has another place in the new release, and they skip it, or do it twice, or
// keep a lock or a count that the new function does not. effects are as written, in the
// form in which the draft and the checker name them.
//
//	framemap.Accept(m, "example.com/kvd.(*client).serve", "if len(line) > maxLine") // a line that is being answered has been read
//
// It changes nothing of what frames do. What it is for is that nothing is left out
// without somebody having looked at it. Points that Func, At or Never name count as
// looked at.
func Accept(m *Map, old string, effects ...string) {}
