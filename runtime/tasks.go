package runtime

import (
	"sync"
	"sync/atomic"
)

// A goroutine that WaitGroup.Go starts counts the group down when it ends, and has its
// address in a closure of package sync, where nothing of ours looks. Own code that calls
// WaitGroup.Go by its name therefore calls GoGroup: what it starts is entered under the
// group's address, and an update that gives the group new memory enters it anew.
//
// At a stop no task is between looking where its group is and counting down, because it
// says RUN meanwhile. Late it may be, so the conversion that moves a group has what is
// entered under its address locked, from settling to publishing.

// A task is a goroutine that GoGroup has started, or is about to, or one in OnceDo; its
// group is a Once then.
type task struct {
	f   func()
	has atomic.Bool // the Once's mutex

	shard      atomic.Pointer[taskShard]
	group      pointer // this and what follows: under the shard's lock
	prev, next *task
}

// A taskShard has the tasks of some groups, by the group's address. They are a list: the
// Go runtime's maps would show what they do to the race detector.
type taskShard struct {
	mu    mutex
	first *task
	_     [48]byte // shards share no cache line
}

var taskShards [512]taskShard

func shardOf(group pointer) *taskShard {
	return &taskShards[recHash(uintptr(group))%uintptr(len(taskShards))]
}

func newTask(wg *sync.WaitGroup, f func()) *task {
	t := &task{f: f, group: pointer(wg)}
	r, was := running()
	s := shardOf(t.group)
	s.mu.Lock()
	s.enter(t)
	s.mu.Unlock()
	r.back(was)
	return t
}

// done counts the group down, wherever it is by now.
func (t *task) done() {
	r, was := running()
	s := t.lock()
	s.leave(t)
	(*sync.WaitGroup)(t.group).Done()
	s.mu.Unlock()
	r.back(was)
}

// running says RUN, when no stop is under way, and gives what the record said before.
func running() (r *Rec, was uint32) {
	r = Cur()
	if was = r.state.Load(); was == Running {
		return r, was
	}
	r.state.Swap(Running)
	// Before there is a release nothing stops.
	for rel := current.Load(); rel != nil && rel.Word.Load()&wordStop != 0; rel = current.Load() {
		r.waitStop()
	}
	return r, was
}

// back says again what running has found.
func (r *Rec) back(was uint32) {
	if was != Running {
		r.state.Store(was)
	}
}

// lock locks the shard that a task is in.
func (t *task) lock() *taskShard {
	for {
		s := t.shard.Load()
		s.mu.Lock()
		if t.shard.Load() == s {
			return s
		}
		s.mu.Unlock()
	}
}

func (s *taskShard) enter(t *task) {
	if t.prev, t.next = nil, s.first; t.next != nil {
		t.next.prev = t
	}
	s.first = t
	t.shard.Store(s)
}

func (s *taskShard) leave(t *task) {
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		s.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
}

// of are the tasks of a group.
func (s *taskShard) of(group pointer) (ts []*task) {
	for t := s.first; t != nil; t = t.next {
		if t.group == group {
			ts = append(ts, t)
		}
	}
	return ts
}

// holdTasks keeps the tasks of a group from ending before the outcome is published or
// dropped.
func (s *Settled) holdTasks(group pointer) {
	if shard := shardOf(group); !s.held[shard] {
		if s.held == nil {
			s.held = map[*taskShard]bool{}
		}
		shard.mu.Lock()
		s.held[shard] = true
	}
}

func (s *Settled) letTasks() {
	for shard := range s.held {
		shard.mu.Unlock()
	}
	s.held = nil
}

// moveTasks makes the tasks of a group count another one down. Of all who change
// shards only one has more than one locked, since it has moveMu.
func (s *Settled) moveTasks(old, new pointer) {
	s.holdTasks(old)
	s.holdTasks(new)
	from, to := shardOf(old), shardOf(new)
	for _, t := range from.of(old) {
		from.leave(t)
		t.group = new
		to.enter(t)
	}
}
