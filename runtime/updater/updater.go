package updater

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

// DefaultTimeout is how long an update may take up to commit.
const DefaultTimeout = 30 * time.Second

// results is how many of them are remembered.
const results = 100

// An Updater takes the process through updates, one at a time.
type Updater struct {
	loader Loader

	mu      sync.Mutex // never held while other code is called
	jobs    []*job     // newest last
	running *job
	count   int
	totals  Totals

	// plans are those of the committed updates, oldest first; left is what an update has
	// given up waiting for. Only the running job uses them.
	plans []*plan
	left  *bounded
}

// New returns an updater that opens update files with l.
func New(l Loader) *Updater { return &Updater{loader: l} }

// A Request asks for an update.
type Request struct {
	Path    string
	By      string        // who asks, for the result
	DryRun  bool          // check and load, but leave the program alone
	Timeout time.Duration // up to commit; 0: DefaultTimeout

	// Limits bound single phases, by their names, beside Timeout. A stop may be
	// asked for several times in phase quiesce; the program runs in between.
	Limits map[string]time.Duration

	// ForceParked says that goroutines that are parked where the map has no place for
	// them, or lets nobody stand, do not keep the update from being made: each panics
	// when it comes back.
	ForceParked bool

	// Fault, if set, makes the update fail, for tests.
	Fault *Fault

	// Ready, if set, is called when all is prepared, before the first attempt to
	// stop the program, which waits until it returns. It should return when ctx
	// ends.
	Ready func(ctx context.Context)

	// Tried, if set, is called after every attempt to stop that did not lead to the
	// update: why, and whether another one follows.
	Tried func(why error, again bool)
}

// Start begins an update and returns its id. It fails if one is under way.
func (u *Updater) Start(q Request) (string, error) {
	if q.Timeout <= 0 {
		q.Timeout = DefaultTimeout
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.running != nil {
		u.totals.Busy++
		return "", errorf(CodeBusy, "update %s is under way", u.running.res.ID)
	}
	u.count++
	base := runtime.Current()
	j := &job{u: u, req: q, done: make(chan struct{}), res: Result{
		ID: strconv.Itoa(u.count), Path: q.Path, By: q.By, DryRun: q.DryRun, State: StateRunning,
		ReleaseBefore: base.Number, ReleaseAfter: base.Number, BaseID: base.ID,
		Requested: time.Now(), Phases: []Phase{},
	}}
	j.ctx, j.cancel = context.WithTimeoutCause(context.Background(), q.Timeout, errTimedOut)
	j.ctx, j.giveUp = context.WithCancelCause(j.ctx)
	u.running = j
	u.jobs = append(u.jobs, j)
	if len(u.jobs) > results {
		u.jobs = append([]*job(nil), u.jobs[len(u.jobs)-results:]...)
	}
	go j.run()
	return j.res.ID, nil
}

// Get returns how the update has gone so far.
func (u *Updater) Get(id string) (Result, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if j := u.find(id); j != nil {
		return j.res.clone(), true
	}
	return Result{}, false
}

// List returns all remembered updates, oldest first.
func (u *Updater) List() []Result {
	u.mu.Lock()
	defer u.mu.Unlock()
	rs := make([]Result, 0, len(u.jobs))
	for _, j := range u.jobs {
		rs = append(rs, j.res.clone())
	}
	return rs
}

// Totals count the updates since the process started.
type Totals struct {
	Committed, Undone, Fits uint64 // by outcome
	Busy                    uint64 // not begun because of another one
	LateFailures            uint64
}

// Totals returns the counts.
func (u *Updater) Totals() Totals {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.totals
}

// Mapped says what the loader has mapped, if it knows.
func (u *Updater) Mapped() (m Mapped) {
	if l, ok := u.loader.(interface{ Mapped() Mapped }); ok {
		m = l.Mapped()
	}
	return m
}

// Mapped are the modules of updates in the process. None is ever unmapped.
type Mapped struct {
	Committed, Abandoned int
	Text, Memory         uint64 // bytes of their code, and of all their memory
}

// Wait waits until the update is decided or ctx ends; the result says which.
func (u *Updater) Wait(ctx context.Context, id string) (Result, bool) {
	u.mu.Lock()
	j := u.find(id)
	u.mu.Unlock()
	if j == nil {
		return Result{}, false
	}
	select {
	case <-j.done:
	case <-ctx.Done():
	}
	return u.Get(id)
}

// Cancel gives an update up. It has no effect on one that is decided: Wait and
// look at the state.
func (u *Updater) Cancel(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	j := u.find(id)
	if j == nil {
		return false
	}
	if j.res.State == StateRunning {
		j.res.GiveUp = true
		j.giveUp(errCancelled)
	}
	return true
}

// tell enters in an update's result what goes wrong when goroutines come back into its
// release, and counts it also when the result is not remembered any more. It is kept for good,
// and holds nothing of how the update was made.
func (u *Updater) tell(id string) func(*Error) {
	return func(e *Error) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.totals.LateFailures++
		if j := u.find(id); j != nil {
			j.res.late(e)
		}
	}
}

func (u *Updater) find(id string) *job {
	for _, j := range u.jobs {
		if j.res.ID == id {
			return j
		}
	}
	return nil
}
