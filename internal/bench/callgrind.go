package bench

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var collected = regexp.MustCompile(`Collected : ([0-9]+)`)

// attempts is how often an execution is counted: what differs between them is the runtime's own work, which
// the machine's load decides, so the least counts.
const attempts = 3

// instructions counts what the process executes for so many rounds.
func instructions(ctx context.Context, exe string, rounds int) (uint64, error) {
	least := uint64(0)
	for range attempts {
		n, err := collect(ctx, exe, rounds)
		if err != nil {
			return 0, err
		}
		if least == 0 || n < least {
			least = n
		}
	}
	return least, nil
}

// collect runs the program under callgrind once. One P and no garbage collection keep the scheduler's and the
// collector's share small; without preemption by signals there are none in the wrong moment, on which
// callgrind aborts.
func collect(ctx context.Context, exe string, rounds int) (uint64, error) {
	cmd := exec.CommandContext(ctx, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", exe, strconv.Itoa(rounds))
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1", "UPSTARE_ADMIN=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("callgrind: %w\n%s", err, out)
	}
	m := collected.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("callgrind reported no count:\n%s", out)
	}
	return strconv.ParseUint(string(m[1]), 10, 64)
}
