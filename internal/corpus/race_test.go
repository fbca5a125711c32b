package corpus

import (
	"slices"
	"strings"
	"testing"
)

// TestRace runs programs with goroutines under the race detector, plainly and stressed: it must report the same,
// which for these is nothing. What instrumentation adds is neither a race nor hides one by ordering what the
// program does not; that the detector still sees the program's own is in the script test of the command.
func TestRace(t *testing.T) {
	programs, err := LangPrograms(langDir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"closures_shared", "goroutines_", "channels", "select_", "park_operations", "program_lru_worker_pool", "spin_atomics", "map_range", "range_func_defer"}
	programs = slices.DeleteFunc(programs, func(p Program) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(p.Name, n) })
	})
	if *only == "" && !*full {
		programs = spread(programs, shortCount/3)
	}
	for i := range programs {
		programs[i].Flags = append(programs[i].Flags, "-race")
	}
	if !slices.ContainsFunc(programs, func(p Program) bool { return strings.Contains(p.Name, *only) }) {
		t.Skip("no program with goroutines")
	}
	runCorpus(t, programs, Stressed)
}
