package updater

import "time"

// States of an update.
const (
	StateRunning   = "running"   // not decided yet
	StateCommitted = "committed" // the program runs in the new release
	StateUndone    = "undone"    // given up; the program goes on in the old release
	StateFits      = "fits"      // dry run: the update could be made
)

// Names of the phases.
const (
	PhaseCheck     = "check"
	PhaseLoad      = "load"
	PhaseQuiesce   = "quiesce"
	PhaseTransform = "transform"
	PhaseCommit    = "commit"
	PhaseResume    = "resume"
)

// LimitedPhases are those that can be given a limit of their own.
var LimitedPhases = []string{PhaseCheck, PhaseLoad, PhaseQuiesce, PhaseTransform, PhaseCommit}

// A Result says how an update went, or how far it has come.
type Result struct {
	ID     string `json:"id"`
	Path   string `json:"path"`
	Digest string `json:"digest,omitempty"` // of the file, when it has been read
	Signer string `json:"signer,omitempty"` // the trusted key that has signed it
	By     string `json:"by,omitempty"`     // who has asked, as far as is known
	DryRun bool   `json:"dry_run,omitempty"`
	State  string `json:"state"`
	Phase  string `json:"phase"`             // the one it is in, or the last it was in
	GiveUp bool   `json:"give_up,omitempty"` // asked to be given up

	Faulted bool `json:"faulted,omitempty"` // the fault that the request has asked for has come

	ReleaseBefore int    `json:"release_before"`
	ReleaseAfter  int    `json:"release_after"`
	BaseID        string `json:"base_id"`
	ReleaseID     string `json:"release_id,omitempty"`

	Requested time.Time `json:"requested"`
	Phases    []Phase   `json:"phases"`
	Attempts  int       `json:"attempts"` // how often the program was asked to stop

	// Counts at commit.
	Captured int `json:"captured"` // goroutines captured or held at a gate
	Rebuilt  int `json:"rebuilt"`  // of these, with frames converted at commit
	Frames   int `json:"frames"`   // frames converted at commit
	Parked   int `json:"parked"`   // goroutines that convert when they return
	Outside  int `json:"outside"`  // goroutines known, but outside own code
	Objects  int `json:"objects"`  // objects converted at commit

	Touched uint64 `json:"touched_bytes,omitempty"` // of memory that the heap was given before the stop

	RequestToCommitNS int64 `json:"request_to_commit_ns"`
	StopNS            int64 `json:"stop_ns"` // from the last stop to its end

	Stragglers []Straggler `json:"stragglers,omitempty"`
	Error      *Error      `json:"error,omitempty"`
	Warnings   []string    `json:"warnings,omitempty"` // what went wrong after commit

	// Late is what could not be carried over when goroutines that were parked at
	// commit came back, or done before goroutines went on; each of them panicked at the
	// position, where the program may recover. The first maxLate are kept, LateFailures counts all.
	Late         []*Error `json:"late,omitempty"`
	LateFailures int      `json:"late_failures,omitempty"`
}

const maxLate = 20

func (r *Result) late(e *Error) {
	r.LateFailures++
	if len(r.Late) < maxLate {
		r.Late = append(r.Late, e)
	}
}

// A Phase is one phase and how long it took in all attempts together.
type Phase struct {
	Name       string `json:"name"`
	DurationNS int64  `json:"duration_ns"`
}

// Done reports whether the update is decided.
func (r *Result) Done() bool { return r.State != StateRunning }

func (r *Result) clone() Result {
	c := *r
	c.Phases = append([]Phase(nil), r.Phases...)
	c.Stragglers = append([]Straggler(nil), r.Stragglers...)
	c.Warnings = append([]string(nil), r.Warnings...)
	c.Late = append([]*Error(nil), r.Late...)
	return c
}
