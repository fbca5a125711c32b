package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
)

// collected has instructions, then conditional branches, how many were foretold wrong, and the same of indirect ones.
var collected = regexp.MustCompile(`Collected : ([0-9]+) ([0-9]+) [0-9]+ ([0-9]+) [0-9]+`)

// counts is what a process has executed.
type counts struct{ instructions, branches uint64 }

// count counts what the process executes for so many rounds. What differs between attempts is the runtime's own work,
// which the machine's load decides, so the least counts.
func count(ctx context.Context, attempts int, exe, name string, rounds int) (least counts, err error) {
	for i := range attempts {
		c, err := collect(ctx, exe, name, rounds)
		if err != nil {
			return c, err
		}
		if i == 0 || c.instructions < least.instructions {
			least = c
		}
	}
	return least, nil
}

// collect runs the program under callgrind once. One P and no garbage collection keep the scheduler's and the
// collector's share small; without preemption by signals there are none in the wrong moment, on which
// callgrind aborts, as it does on RDTSCP.
func collect(ctx context.Context, exe, name string, rounds int) (c counts, err error) {
	cmd := exec.CommandContext(ctx, "valgrind", "--tool=callgrind", "--branch-sim=yes", "--callgrind-out-file=/dev/null", exe, name, strconv.Itoa(rounds))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1,cpu.rdtscp=off", "UPSTARE_ADMIN=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return c, fmt.Errorf("callgrind: %w\n%s", err, out)
	}
	m := collected.FindSubmatch(out)
	if m == nil {
		return c, fmt.Errorf("callgrind reported no count:\n%s", out)
	}
	var n [3]uint64
	for i := range n {
		if n[i], err = strconv.ParseUint(string(m[i+1]), 10, 64); err != nil {
			return c, err
		}
	}
	return counts{n[0], n[1] + n[2]}, nil
}
