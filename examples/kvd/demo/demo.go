package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

const (
	settle = 500 * time.Millisecond  // after an update, the time that still counts as during it
	tired  = 1500 * time.Millisecond // the timeout of the BLPOP that an update happens in
)

// step is one update, or in a plain run the place where one would be.
type step struct {
	from, to int // releases
	result   updated
	quiet    window // without an update
	busy     window // with it
}

// run is a server and its clients.
type run struct {
	options
	artefacts
	rec     *record
	srv     *server
	control *client.Conn
	carried *carried
	long    *waiting
	workers []*worker
	bench   *benchmark
	steps   []step
	samePID bool // as far as was looked

	stopWork chan struct{}
	working  sync.WaitGroup
}

// demo builds, runs and updates kvd, prints what came of it, and reports
// whether all of it is as it should be.
func demo(ctx context.Context, o options, out io.Writer) (ok bool, err error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return false, err
	}
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "upstarego-demo-"); err != nil {
			return false, err
		}
		defer func() {
			if ok {
				os.RemoveAll(dir)
			} else {
				fmt.Fprintln(os.Stderr, "demo: what was built is in", dir)
			}
		}()
	}
	r := &run{options: o, samePID: true, stopWork: make(chan struct{})}
	if o.plain {
		r.artefacts, err = buildPlain(ctx, out, root, dir, o.release)
	} else {
		r.artefacts, err = buildAll(ctx, out, root, dir)
	}
	if err != nil {
		return false, err
	}
	if r.srv, err = startServer(ctx, r.program); err != nil {
		return false, err
	}
	defer r.srv.kill()
	r.rec = newRecord()
	if err := r.clients(ctx); err != nil {
		return false, fmt.Errorf("%w\n%s", err, r.srv.log)
	}
	ok = r.report(out)
	if !ok {
		fmt.Fprintf(os.Stderr, "demo: the server's log:\n%s\n", r.srv.log)
	}
	return ok, nil
}

// clients connects, works, and updates under the work.
func (r *run) clients(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	release := r.first
	for i := range max(1, len(r.updates)) {
		s := step{from: release, to: release}
		if len(r.updates) > 0 {
			s.to++
		}
		if err := r.step(ctx, i, &s); err != nil {
			return err
		}
		release = s.to
		r.steps = append(r.steps, s)
	}
	if err := pause(ctx, r.duration); err != nil {
		return err
	}
	return r.end(release)
}

// begin connects the clients that are there from the first release to the last.
func (r *run) begin(ctx context.Context) (err error) {
	if r.control, err = r.rec.open(r.srv.addr); err != nil {
		return err
	}
	if r.carried, err = newCarried(r.rec, r.srv.addr); err != nil {
		return err
	}
	steps := time.Duration(max(1, len(r.updates)))
	if err := r.carried.write(0, steps*(r.duration+tired+settle)); err != nil {
		return err
	}
	if err := r.carried.inspect(r.first); err != nil {
		return err
	}
	if r.long, err = wait(r.rec, r.srv.addr, "from first to last", 0, 0); err != nil {
		return err
	}
	news, err := newNews(r.rec, r.srv.addr)
	if err != nil {
		return err
	}
	queue, err := newQueue(r.rec, r.srv.addr)
	if err != nil {
		return err
	}
	for id := range r.conns {
		c, err := r.rec.open(r.srv.addr)
		if err != nil {
			return err
		}
		r.workers = append(r.workers, &worker{id: id + 1, conn: c, rec: r.rec, n: make(map[string]int64)})
	}
	r.rec.history.shared[sharedCounter] = true
	for _, f := range []*flow{news, queue} {
		r.start(func() { f.run(r.rate, r.stopWork) })
	}
	for _, w := range r.workers {
		r.start(func() { w.run(r.rate, r.stopWork) })
	}
	r.bench, err = startBenchmark(ctx, r.srv.addr)
	return err
}

func (r *run) start(work func()) {
	r.working.Add(1)
	go func() {
		defer r.working.Done()
		work()
	}()
}

// step is a time without an update, and an update with clients in the middle of things.
func (r *run) step(ctx context.Context, i int, s *step) error {
	s.quiet.from = r.rec.now()
	if err := pause(ctx, r.duration); err != nil {
		return err
	}
	s.quiet.to = r.rec.now()

	const alreadyWaiting = 2 // the queue's receiver and r.long
	w, err := wait(r.rec, r.srv.addr, fmt.Sprintf("during step %d", i+1), tired, alreadyWaiting)
	if err != nil {
		return err
	}
	s.busy.from = r.rec.now()
	if len(r.updates) > 0 {
		if s.result, err = update(ctx, r.tool, r.srv.pid, r.updates[i]); err != nil {
			return err
		}
	}
	r.inspectProcess(s.to)
	if err := pause(ctx, settle); err != nil {
		return err
	}
	s.busy.to = r.rec.now()

	if err := w.enqueue(); err != nil {
		r.rec.failed(w.name+", in MULTI", err)
	}
	if err := r.long.enqueue(); err != nil {
		r.rec.failed(r.long.name+", in MULTI", err)
	}
	w.finish()
	if err := r.carried.inspect(s.to); err != nil {
		r.rec.failed("reading carried values", err)
	}
	if err := r.carried.write(i+1, r.duration+tired+settle); err != nil {
		r.rec.failed("writing values to carry", err)
	}
	return nil
}

// inspectProcess looks whether the process is the one that was started, in the release.
func (r *run) inspectProcess(release int) {
	if got, err := client.Info(r.control, "kvd_release"); err != nil {
		r.rec.failed("INFO", err)
	} else if want := reported(release); got != want {
		r.rec.wrong("INFO says release %s, want %s", got, want)
	}
	pid, err := client.InfoNumber(r.control, "process_id")
	if err != nil {
		r.rec.failed("INFO", err)
	}
	if pid != int64(r.srv.pid) || !r.srv.running() {
		r.samePID = false
	}
}

// end lets all clients finish, and then the server.
func (r *run) end(release int) error {
	close(r.stopWork)
	r.working.Wait()
	if r.bench != nil {
		if err := r.bench.stop(); err != nil {
			r.rec.failed("redis-benchmark", err)
		}
	}
	r.long.finish()
	for _, w := range r.workers {
		if err := w.finish(); err != nil {
			r.rec.failed(fmt.Sprintf("worker %d, at the end", w.id), err)
		}
	}
	if n, err := r.control.Number("GET", sharedCounter); err != nil {
		r.rec.failed("GET "+sharedCounter, err)
	} else {
		r.rec.setFinal(sharedCounter, n)
	}
	if err := r.carried.inspect(release); err != nil {
		r.rec.failed("reading carried values", err)
	}
	r.inspectProcess(release)
	return r.srv.stop()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
