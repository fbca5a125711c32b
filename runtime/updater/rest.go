package updater

import (
	"fmt"
	"sync"
)

// onward names the functions of framemap.Then in errors.
const onward = "what a rule does when a frame goes on"

// A rest is what is left to do when an update has been committed and the program runs.
type rest struct {
	onward     sync.WaitGroup // goroutines that were captured and have something done before they go on
	newcomers  []func()       // let goroutines begin
	afterwards []func()       // hooks
	plan       *plan
	empties    []string // variables of the old release
}

// do does it, and returns what failed. It waits for goroutines that have not gone on yet,
// and for functions of the developer's, as long as the update may take.
func (j *job) do(r *rest) (warnings []string) {
	if r == nil {
		return nil
	}
	gone := make(chan struct{})
	go func() {
		r.onward.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-j.phaseCtx.Done():
		warnings = append(warnings, onward+" has not come to its end; the rest of the update does not wait for it any longer")
	}
	try := func(what string, f func()) bool {
		err := j.call(what, func() error {
			return lend(what, func() error { f(); return nil })
		})
		if err != nil {
			warnings = append(warnings, err.Error())
		}
		return j.left == nil
	}
	for _, f := range r.newcomers {
		try(onward, f)
	}
	for i, f := range r.afterwards {
		if what := fmt.Sprintf("hook %d after commit", i+1); !try(what, f) {
			if more := len(r.afterwards) - i - 1; more > 0 {
				warnings = append(warnings, fmt.Sprintf("%d hooks behind it have not been called", more))
			}
			break
		}
	}
	if j.left == nil { // nothing of the map's reads old variables any more
		empty(r.empties, r.plan, j.u.plans)
	}
	return warnings
}
