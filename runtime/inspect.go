package runtime

// OwnFile reports whether a source file, as the compiler recorded it, belongs to
// own code of any release of this process.
func OwnFile(file string) bool {
	p := ownFiles.Load()
	return p != nil && p.has(file)
}

// Stats counts what the process has done since it started.
type Stats struct {
	Captures uint64 // segments captured
	Frames   uint64 // frames rebuilt
	Late     uint64 // segments converted on return
	Deepest  uint64 // frames in the deepest segment captured
}

// ReadStats returns the counters.
func ReadStats() Stats {
	return Stats{
		Captures: stats.captures.Load(),
		Frames:   stats.frames.Load(),
		Late:     stats.late.Load(),
		Deepest:  stats.deep.Load(),
	}
}
