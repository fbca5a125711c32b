package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

// A load is the clients of a server.
type load interface {
	// begin connects all that stay to the end, and lets them work.
	begin(addr string) error
	// updated is called after each update: the server has so many behind it, and the
	// code of a release. It looks at what one can see from outside.
	updated(updates, variant int)
	// serves looks whether it serves, with the code of a release.
	serves(variant int)
	// end lets all come to their end.
	end()
	// decided is how many windows and operations on shared keys there were.
	decided() (windows, operations int)
}

const (
	carriedKeys = 2000 // strings that are there from the first release to the last
	carriedPart = 200  // how many of them are looked at after each update

	watchers = 2 // clients that see gaps

	sharedKeys = 8           // of a window of operations that are decided together
	windowTime = time.Second // after which the next one begins
)

// kvdLoad is the clients of kvd.
type kvdLoad struct {
	rec     *record
	options options
	lin     *linear

	addr    string
	control *client.Conn // of the run itself
	decider *client.Conn // of turn
	idle    []*client.Conn
	popper  []*client.Conn // in BLPOP
	popped  []int64        // what each was given
	multi   *client.Conn   // in a transaction
	queued  int64
	counted int64 // by transactions that were executed

	stop    chan struct{}
	working sync.WaitGroup
}

func newKVD(rec *record, o options) load {
	return &kvdLoad{rec: rec, options: o, lin: newLinear(sharedKeys), stop: make(chan struct{})}
}

func (l *kvdLoad) dial() (*client.Conn, error) {
	c, err := client.Dial(l.addr)
	if err == nil {
		l.rec.opened()
	}
	return c, err
}

// failed enters why a client could not do what it wanted to, and reports whether its
// connection is gone.
func (l *kvdLoad) failed(who string, err error) bool {
	switch {
	case err == nil:
		return false
	case client.IsDrop(err):
		l.rec.drop("%s: %v", who, err)
		return true
	}
	l.rec.fault("%s: %v", who, err)
	return false
}

func (l *kvdLoad) begin(addr string) (err error) {
	l.addr = addr
	if l.control, err = l.dial(); err != nil {
		return err
	}
	if l.decider, err = l.dial(); err != nil {
		return err
	}
	for i := range carriedKeys {
		if err := l.control.Status("OK", "SET", carriedKey(i), carriedValue(i)); err != nil {
			return err
		}
	}
	for range 4 {
		c, err := l.dial()
		if err != nil {
			return err
		}
		l.idle = append(l.idle, c)
	}
	for i := range 4 {
		c, err := l.dial()
		if err != nil {
			return err
		}
		l.popper, l.popped = append(l.popper, c), append(l.popped, 0)
		if err := c.Send("BLPOP", popList(i), "0"); err != nil {
			return err
		}
	}
	if l.multi, err = l.dial(); err != nil {
		return err
	}
	if err := l.multi.Status("OK", "MULTI"); err != nil {
		return err
	}
	flows := []func() error{l.queue, l.publish}
	for _, f := range flows {
		if err := f(); err != nil {
			return err
		}
	}
	for id := range l.options.clients {
		c, err := l.dial()
		if err != nil {
			return err
		}
		w := &kvdWorker{load: l, id: id, conn: c, random: rand.New(rand.NewPCG(l.options.seed, uint64(id)))}
		l.start(w.run)
	}
	for range watchers {
		c, err := l.dial()
		if err != nil {
			return err
		}
		p := l.rec.pulse()
		l.start(func() {
			p.watch(l.rec.now, l.stop, func() bool {
				return !l.failed("a client that watches", c.Status("PONG", "PING"))
			})
		})
	}
	l.start(func() { every(windowTime, l.stop, l.turn) })
	return nil
}

// every does something again and again.
func every(d time.Duration, stop <-chan struct{}, do func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-stop:
			return
		}
	}
}

func (l *kvdLoad) start(work func()) {
	l.working.Add(1)
	go func() {
		defer l.working.Done()
		work()
	}()
}

func carriedKey(i int) string   { return fmt.Sprintf("carried:%d", i) }
func carriedValue(i int) string { return fmt.Sprintf("the value of %d", i) }
func popList(i int) string      { return fmt.Sprintf("pop:%d", i) }

// kvdWorker is a client that never rests.
type kvdWorker struct {
	load   *kvdLoad
	id     int
	conn   *client.Conn
	random *rand.Rand

	counter, both, pushed, shifted, set int64
}

func (w *kvdWorker) run() {
	defer w.load.lin.leave(w.id)
	tick := time.NewTicker(time.Second / time.Duration(w.load.options.rate))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-w.load.stop:
			w.load.failed(fmt.Sprintf("client %d, at the end", w.id), w.last())
			return
		}
		if w.load.failed(fmt.Sprintf("client %d", w.id), w.step()) {
			return
		}
	}
}

func (w *kvdWorker) step() error {
	switch w.random.IntN(6) {
	case 0:
		return w.pipeline()
	case 1:
		return w.transaction()
	case 2:
		return w.list()
	}
	return w.shared()
}

func (w *kvdWorker) key(name string) string { return fmt.Sprintf("%s:%d", name, w.id) }

// batch sends commands in one go, and waits for a reply to each.
func (w *kvdWorker) batch(commands ...[]string) ([]client.Reply, error) {
	for _, c := range commands {
		if err := w.conn.Send(c...); err != nil {
			return nil, err
		}
	}
	replies := make([]client.Reply, len(commands))
	for i := range replies {
		var err error
		if replies[i], err = w.conn.Receive(client.Patience); err != nil {
			return nil, err
		}
		w.load.rec.operations.Add(1)
	}
	return replies, nil
}

// pipeline counts on a counter of its own: any command that is lost, doubled, or comes
// before the one before it, shows in the numbers.
func (w *kvdWorker) pipeline() error {
	var commands [][]string
	n := 1 + w.random.IntN(6)
	for range n {
		commands = append(commands, []string{"INCR", w.key("counter")})
	}
	commands = append(commands, []string{"GET", w.key("counter")})
	replies, err := w.batch(commands...)
	if err != nil {
		return err
	}
	var wrong error
	for i, r := range replies {
		if i < n {
			w.counter++
		}
		got, err := r.Number()
		if err == nil && got != w.counter {
			err = client.NoAnswer{Text: fmt.Sprintf("%d of %d commands in one go: %d, want %d", i+1, len(replies), got, w.counter)}
			w.counter = got
		}
		wrong = errors.Join(wrong, err)
	}
	return wrong
}

// transaction increments two counters at once, which therefore stay equal.
func (w *kvdWorker) transaction() error {
	replies, err := w.batch([]string{"MULTI"}, []string{"INCR", w.key("left")}, []string{"INCR", w.key("right")}, []string{"EXEC"})
	if err != nil {
		return err
	}
	w.both++
	counts, err := replies[3].Numbers()
	if err == nil && !slices.Equal(counts, []int64{w.both, w.both}) {
		err = client.NoAnswer{Text: fmt.Sprintf("EXEC: %v, want twice %d", counts, w.both)}
	}
	return errors.Join(replies[0].Is("OK"), replies[1].Is("QUEUED"), replies[2].Is("QUEUED"), err)
}

// list pushes on one end and, when there are ten, takes from the other.
func (w *kvdWorker) list() error {
	commands := [][]string{{"RPUSH", w.key("list"), strconv.FormatInt(w.pushed+1, 10)}}
	pop := w.pushed-w.shifted >= 10
	if pop {
		commands = append(commands, []string{"LPOP", w.key("list")})
	}
	replies, err := w.batch(commands...)
	if err != nil {
		return err
	}
	w.pushed++
	n, wrong := replies[0].Number()
	if want := w.pushed - w.shifted; wrong == nil && n != want {
		wrong = client.NoAnswer{Text: fmt.Sprintf("RPUSH: %d, want %d", n, want)}
	}
	if pop {
		w.shifted++
		n, err := replies[1].Number()
		if err == nil && n != w.shifted {
			err = client.NoAnswer{Text: fmt.Sprintf("LPOP: %d, want %d", n, w.shifted)}
		}
		wrong = errors.Join(wrong, err)
	}
	return wrong
}

// shared does something to a key of the window that others work on as well.
func (w *kvdWorker) shared() error {
	window, key := w.load.lin.begin(w.id), w.random.IntN(sharedKeys)
	name := sharedKey(window, key)
	c := call{op: [...]int{opGet, opGet, opSet, opIncr, opIncr, opIncr, opDelete}[w.random.IntN(7)]}
	var args []string
	switch c.op {
	case opGet:
		args = []string{"GET", name}
	case opSet:
		w.set++
		c.arg = int64(w.id+1)<<32 + w.set<<8
		args = []string{"SET", name, strconv.FormatInt(c.arg, 10)}
	case opIncr:
		args = []string{"INCR", name}
	case opDelete:
		args = []string{"DEL", name}
	}
	sent := w.load.rec.now()
	replies, err := w.batch(args)
	if err != nil {
		return err
	}
	var v value
	switch r := replies[0]; {
	case c.op == opSet:
		err = r.Is("OK")
	case c.op == opGet && r.Null:
	default:
		v.there = true
		v.n, err = r.Number()
		if c.op == opDelete {
			v = value{there: v.n == 1}
		}
	}
	if err == nil {
		w.load.lin.done(w.id, window, key, c, v, sent, w.load.rec.now())
	}
	return err
}

func sharedKey(window, key int) string { return fmt.Sprintf("shared:%d:%d", window, key) }

// last reads what is in the server when the client has done its work.
func (w *kvdWorker) last() error {
	var wrong error
	for name, want := range map[string]int64{"counter": w.counter, "left": w.both, "right": w.both} {
		n, err := w.conn.Do("GET", w.key(name))
		if err != nil {
			return err
		}
		if got, err := n.Number(); got != want && (err == nil || want != 0) {
			wrong = errors.Join(wrong, client.NoAnswer{Text: fmt.Sprintf("%s is %v, want %d", w.key(name), n, want)})
		}
	}
	r, err := w.conn.Do("LRANGE", w.key("list"), "0", "-1")
	if err != nil {
		return err
	}
	var left []int64
	for n := w.shifted + 1; n <= w.pushed; n++ {
		left = append(left, n)
	}
	if got, err := r.Numbers(); err != nil || !slices.Equal(got, left) {
		wrong = errors.Join(wrong, client.NoAnswer{Text: fmt.Sprintf("%s is %v, want %v", w.key("list"), r, left)})
	}
	return wrong
}

// flow passes numbers from one client to another, in order, until the run ends.
func (l *kvdLoad) flow(name string, send func(n int64) error, receive func() (int64, error)) {
	const last = -1
	l.start(func() {
		for want := int64(1); ; want++ {
			n, err := receive()
			switch {
			case l.failed(name+", receiver", err), n == last:
				return
			case err == nil && n != want:
				l.rec.fault("%s: %d came, want %d", name, n, want)
				want = n
			}
			l.rec.operations.Add(1)
		}
	})
	l.start(func() {
		tick := time.NewTicker(time.Second / time.Duration(l.options.rate))
		defer tick.Stop()
		for n := int64(1); ; n++ {
			select {
			case <-tick.C:
			case <-l.stop:
				n = last
			}
			if l.failed(name+", sender", send(n)) || n == last {
				return
			}
		}
	})
}

// queue is a flow through a list, of which the receiver pops.
func (l *kvdLoad) queue() error {
	from, to, err := l.pair()
	if err != nil {
		return err
	}
	l.flow("values popped by a client that waits",
		func(n int64) error { _, err := from.Number("RPUSH", "queue", strconv.FormatInt(n, 10)); return err },
		func() (int64, error) {
			if err := to.Send("BLPOP", "queue", "0"); err != nil {
				return 0, err
			}
			return popped(to, "queue")
		})
	return nil
}

// publish is a flow to a subscriber.
func (l *kvdLoad) publish() error {
	from, to, err := l.pair()
	if err != nil {
		return err
	}
	if r, err := to.Do("SUBSCRIBE", "news"); err != nil || len(r.List) != 3 || r.List[0].Text != "subscribe" {
		return fmt.Errorf("SUBSCRIBE: %v, %w", r, err)
	}
	l.flow("messages to a subscriber",
		func(n int64) error {
			receivers, err := from.Number("PUBLISH", "news", strconv.FormatInt(n, 10))
			if err == nil && receivers != 1 {
				err = client.NoAnswer{Text: fmt.Sprintf("PUBLISH reached %d subscribers, not 1", receivers)}
			}
			return err
		},
		func() (int64, error) {
			r, err := to.Receive(client.Patience)
			if err != nil {
				return 0, err
			}
			if len(r.List) != 3 || r.List[0].Text != "message" || r.List[1].Text != "news" {
				return 0, client.NoAnswer{Text: fmt.Sprintf("a message was due, not %v", r)}
			}
			return r.List[2].Number()
		})
	return nil
}

func (l *kvdLoad) pair() (from, to *client.Conn, err error) {
	if from, err = l.dial(); err == nil {
		to, err = l.dial()
	}
	return from, to, err
}

// popped receives BLPOP's answer, a number from the list.
func popped(c *client.Conn, list string) (int64, error) {
	r, err := c.Receive(client.Patience)
	if err != nil {
		return 0, err
	}
	if len(r.List) != 2 || r.List[0].Text != list {
		return 0, client.NoAnswer{Text: fmt.Sprintf("a value of %s was due, not %v", list, r)}
	}
	return r.List[1].Number()
}

// updated looks at the server from the outside, and moves those who wait on: the i-th of
// the clients in BLPOP at every 2*i+1-th update, and the last one only at the end.
func (l *kvdLoad) updated(updates, variant int) {
	l.serves(variant)
	c := l.idle[updates%len(l.idle)]
	l.failed("a client that does nothing", c.Status("PONG", "PING"))
	for i := range l.popper[:len(l.popper)-1] {
		if updates%(2*i+1) == 0 {
			l.failed("a client in BLPOP", l.pop(i, true))
		}
	}
	l.failed("a client in a transaction", l.multi.Status("QUEUED", "INCR", "multi"))
	l.queued++
	if updates%7 == 0 {
		l.failed("a client in a transaction", l.exec())
		l.failed("a client in a transaction", l.multi.Status("OK", "MULTI"))
	}
}

func (l *kvdLoad) serves(variant int) {
	l.failed("the run's own client", l.look(variant))
	l.failed("a new client", l.fresh(variant))
}

// look asks for the release, and for some of the values that all releases have.
func (l *kvdLoad) look(variant int) error {
	if err := l.isRelease(l.control, variant); err != nil {
		return err
	}
	from := rand.IntN(carriedKeys - carriedPart)
	for i := from; i < from+carriedPart; i++ {
		r, err := l.control.Do("GET", carriedKey(i))
		if err != nil {
			return err
		}
		if r.Text != carriedValue(i) {
			l.rec.fault("%s is %v", carriedKey(i), r)
		}
	}
	return nil
}

func (l *kvdLoad) isRelease(c *client.Conn, variant int) error {
	got, err := client.Info(c, "kvd_release")
	if want := strconv.Itoa(variant); err == nil && got != want {
		err = client.NoAnswer{Text: fmt.Sprintf("INFO says release %s, want %s", got, want)}
	}
	return err
}

// fresh connects, asks, and goes.
func (l *kvdLoad) fresh(variant int) error {
	c, err := l.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	return l.isRelease(c, variant)
}

// pop gives the i-th client in BLPOP what it waits for, and lets it wait again.
func (l *kvdLoad) pop(i int, again bool) error {
	l.popped[i]++
	if _, err := l.control.Number("RPUSH", popList(i), strconv.FormatInt(l.popped[i], 10)); err != nil {
		return err
	}
	n, err := popped(l.popper[i], popList(i))
	if err == nil && n != l.popped[i] {
		err = client.NoAnswer{Text: fmt.Sprintf("BLPOP: %d, want %d", n, l.popped[i])}
	}
	if err != nil || !again {
		return err
	}
	return l.popper[i].Send("BLPOP", popList(i), "0")
}

// exec executes the open transaction.
func (l *kvdLoad) exec() error {
	r, err := l.multi.Do("EXEC")
	if err != nil {
		return err
	}
	var want []int64
	for ; l.queued > 0; l.queued-- {
		l.counted++
		want = append(want, l.counted)
	}
	got, err := r.Numbers()
	if err == nil && !slices.Equal(got, want) {
		err = client.NoAnswer{Text: fmt.Sprintf("EXEC: %v, want %v", got, want)}
	}
	return err
}

// turn decides the windows that no client is in any more.
func (l *kvdLoad) turn() {
	for _, window := range l.lin.turn() {
		wrong, err := l.lin.decide(window, l.rec.now, func(key int) (v value, err error) {
			r, err := l.decider.Do("GET", sharedKey(window, key))
			if err == nil && !r.Null {
				v.there = true
				v.n, err = r.Number()
			}
			if err == nil {
				_, err = l.decider.Number("DEL", sharedKey(window, key))
			}
			return v, err
		})
		l.failed("the client that decides", err)
		for _, w := range wrong {
			l.rec.fault("%s", w)
		}
	}
}

func (l *kvdLoad) end() {
	close(l.stop)
	l.working.Wait()
	l.turn()
	for i := range l.popper {
		l.failed("a client in BLPOP, at the end", l.pop(i, false))
	}
	l.failed("a client in a transaction, at the end", l.exec())
	for i := range carriedKeys {
		r, err := l.control.Do("GET", carriedKey(i))
		if l.failed("the run's own client", err) {
			return
		}
		if r.Text != carriedValue(i) {
			l.rec.fault("at the end, %s is %v", carriedKey(i), r)
		}
	}
	for _, c := range slices.Concat(l.idle, l.popper, []*client.Conn{l.multi}) {
		l.failed("a client that waited, at the end", c.Status("PONG", "PING"))
	}
}

func (l *kvdLoad) decided() (windows, operations int) { return l.lin.windows, l.lin.operations }
