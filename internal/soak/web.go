package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// webLoad is the clients of the server in testdata/web.
type webLoad struct {
	rec     *record
	options options
	lin     *linear

	addr    string
	control *webClient // of the run itself
	decider *webClient // of turn
	idle    []*webClient

	stop    chan struct{}
	working sync.WaitGroup // those who do
	said    atomic.Int64   // news
	ended   chan struct{}  // closed when there will be no more than was said
	waiting sync.WaitGroup // those who wait for news
}

const (
	streamers = 4
	pollers   = 4
)

func newWeb(rec *record, o options) load {
	return &webLoad{rec: rec, options: o, lin: newLinear(sharedKeys), stop: make(chan struct{}), ended: make(chan struct{})}
}

// answer is an answer that is not the right one. The connection lives.
type answer struct{ text string }

func (e answer) Error() string { return e.text }

func (l *webLoad) failed(who string, err error) bool {
	var a answer
	switch {
	case err == nil:
		return false
	case errors.As(err, &a):
		l.rec.fault("%s: %v", who, err)
		return false
	}
	l.rec.drop("%s: %v", who, err)
	return true
}

// webClient is one connection. It is no http.Client: such a one opens another connection
// where it likes, also because it has had no time itself.
type webClient struct {
	load *webLoad
	nc   net.Conn
	in   *bufio.Reader

	watches bool // what it asks is not counted
}

func (l *webLoad) dial() (*webClient, error) {
	nc, err := net.DialTimeout("tcp", l.addr, patience)
	if err != nil {
		return nil, err
	}
	l.rec.opened()
	return &webClient{load: l, nc: nc, in: bufio.NewReader(nc)}, nil
}

func (c *webClient) close() { c.nc.Close() }

// open sends a request, and waits for the beginning of the answer.
func (c *webClient) open(method, path string, query url.Values) (*http.Response, error) {
	req, err := http.NewRequest(method, "http://"+c.load.addr+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	c.nc.SetDeadline(time.Now().Add(patience))
	if err := req.Write(c.nc); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.in, req)
	if err == nil && resp.Close {
		err = errors.New("the server says that it closes the connection")
	}
	return resp, err
}

// ask sends a request, and waits for the whole answer. A missing value is one.
func (c *webClient) ask(method, path string, query url.Values) (text string, found bool, err error) {
	resp, err := c.open(method, path, query)
	if err != nil {
		return "", false, err
	}
	b, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", false, err
	case resp.StatusCode == http.StatusNotFound:
		return "", false, nil
	case resp.StatusCode != http.StatusOK:
		return "", false, answer{fmt.Sprintf("%s %s: %s: %.200s", method, path, resp.Status, b)}
	}
	if !c.watches {
		c.load.rec.operations.Add(1)
	}
	return string(b), true, nil
}

// number is ask for answers that are a number.
func (c *webClient) number(method, path string, query url.Values) (n int64, found bool, err error) {
	text, found, err := c.ask(method, path, query)
	if err == nil && found {
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			err = answer{fmt.Sprintf("%s %s: a number was due, not %.200q", method, path, text)}
		}
	}
	return n, found, err
}

// is asks for a number that is known.
func (c *webClient) is(want int64, method, path string, query url.Values) error {
	n, found, err := c.number(method, path, query)
	if err == nil && (!found || n != want) {
		err = answer{fmt.Sprintf("%s %s?%s: %d (%v), want %d", method, path, query.Encode(), n, found, want)}
	}
	return err
}

func (l *webLoad) begin(addr string) (err error) {
	l.addr = addr
	for _, c := range []**webClient{&l.control, &l.decider} {
		if *c, err = l.first(); err != nil {
			return err
		}
	}
	for range 4 {
		c, err := l.first()
		if err != nil {
			return err
		}
		l.idle = append(l.idle, c)
	}
	for i := range streamers {
		if err := l.stream(i); err != nil {
			return err
		}
	}
	for i := range pollers {
		if err := l.poll(i); err != nil {
			return err
		}
	}
	publisher, err := l.first()
	if err != nil {
		return err
	}
	l.start(func() { l.publish(publisher) })
	for id := range l.options.clients {
		c, err := l.first()
		if err != nil {
			return err
		}
		w := &webWorker{load: l, id: id, conn: c, random: rand.New(rand.NewPCG(l.options.seed, uint64(id)))}
		l.start(w.run)
	}
	for range watchers {
		c, err := l.first()
		if err != nil {
			return err
		}
		c.watches = true
		p := l.rec.pulse()
		l.start(func() {
			p.watch(l.rec.now, l.stop, func() bool {
				_, _, err := c.number(http.MethodGet, "/release", nil)
				return !l.failed("a client that watches", err)
			})
		})
	}
	l.start(func() { every(windowTime, l.stop, l.turn) })
	return nil
}

// first is a connection that has had an answer.
func (l *webLoad) first() (*webClient, error) {
	c, err := l.dial()
	if err == nil {
		err = c.is(1, http.MethodGet, "/release", nil)
	}
	return c, err
}

func (l *webLoad) start(work func()) {
	l.working.Add(1)
	go func() {
		defer l.working.Done()
		work()
	}()
}

// publish says news, at a steady rate, and one piece more when it is known which is the
// last: who waits for news comes to its end by that.
func (l *webLoad) publish(c *webClient) {
	say := func() {
		l.failed("who publishes", c.is(l.said.Load(), http.MethodPost, "/news", nil))
	}
	every(time.Second/time.Duration(l.options.rate), l.stop, func() {
		l.said.Add(1)
		say()
	})
	l.said.Add(1)
	close(l.ended)
	say()
}

// follows enters a piece of news, which has to be the one behind the last.
func (l *webLoad) follows(who string, last *int64, text string) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n != *last+1 {
		l.rec.fault("%s: %q came after %d", who, text, *last)
	}
	*last = n
	l.rec.operations.Add(1)
}

// over reports whether n is the last piece of news that there will be.
func (l *webLoad) over(n int64) bool {
	select {
	case <-l.ended:
		return n >= l.said.Load()
	default:
		return false
	}
}

func (l *webLoad) listener(work func()) {
	l.waiting.Add(1)
	go func() {
		defer l.waiting.Done()
		work()
	}()
}

// stream reads news from one answer that never ends.
func (l *webLoad) stream(i int) error {
	c, err := l.dial()
	if err != nil {
		return err
	}
	who := fmt.Sprintf("stream %d", i)
	resp, err := c.open(http.MethodGet, "/stream", url.Values{"after": {"0"}})
	if err != nil {
		return err
	}
	l.listener(func() {
		defer c.close()
		lines, last := bufio.NewScanner(resp.Body), int64(0)
		for !l.over(last) {
			c.nc.SetDeadline(time.Now().Add(patience))
			if !lines.Scan() {
				l.rec.drop("%s: %v", who, cmp.Or(lines.Err(), io.EOF))
				return
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				l.follows(who, &last, text)
			}
		}
	})
	return nil
}

// poll asks for news again and again; each answer waits until there is some.
func (l *webLoad) poll(i int) error {
	c, err := l.dial()
	if err != nil {
		return err
	}
	who := fmt.Sprintf("poll %d", i)
	l.listener(func() {
		for last := int64(0); !l.over(last); {
			text, _, err := c.ask(http.MethodGet, "/news", url.Values{"after": {strconv.FormatInt(last, 10)}})
			if l.failed(who, err) {
				return
			}
			for line := range strings.Lines(text) {
				l.follows(who, &last, strings.TrimSpace(line))
			}
		}
	})
	return nil
}

// webWorker is a client that never rests.
type webWorker struct {
	load   *webLoad
	id     int
	conn   *webClient
	random *rand.Rand

	posts, counted, set int64
}

func (w *webWorker) run() {
	defer w.load.lin.leave(w.id)
	tick := time.NewTicker(time.Second / time.Duration(w.load.options.rate))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-w.load.stop:
			return
		}
		step := w.shared
		if w.random.IntN(3) == 0 {
			step = w.post
		}
		if w.load.failed(fmt.Sprintf("client %d", w.id), step()) {
			return
		}
	}
}

// post sends a post that is to be counted once: now and then twice.
func (w *webWorker) post() error {
	w.posts++
	query := url.Values{"session": {strconv.Itoa(w.id)}, "id": {strconv.FormatInt(w.posts*10, 10)}}
	w.counted++
	err := w.conn.is(w.counted, http.MethodPost, "/count", query)
	if err == nil && w.random.IntN(4) == 0 {
		err = w.conn.is(w.counted, http.MethodPost, "/count", query)
	}
	return err
}

// shared does something to a value of the window that others work on as well.
func (w *webWorker) shared() error {
	window, key := w.load.lin.begin(w.id), w.random.IntN(sharedKeys)
	query := url.Values{"key": {sharedKey(window, key)}}
	c := call{op: [...]int{opGet, opGet, opSet, opIncr, opIncr, opIncr, opDelete}[w.random.IntN(7)]}
	method := [...]string{opGet: http.MethodGet, opSet: http.MethodPut, opIncr: http.MethodPost, opDelete: http.MethodDelete}[c.op]
	if c.op == opSet {
		w.set++
		c.arg = int64(w.id+1)<<32 + w.set<<8
		query.Set("to", strconv.FormatInt(c.arg, 10))
	}
	sent := w.load.rec.now()
	n, found, err := w.conn.number(method, "/value", query)
	if err != nil {
		return err
	}
	v := value{there: found, n: n}
	if c.op == opDelete {
		v = value{there: n == 1}
	}
	w.load.lin.done(w.id, window, key, c, v, sent, w.load.rec.now())
	return nil
}

func (l *webLoad) serves(variant int) {
	l.failed("the run's own client", l.control.is(int64(variant), http.MethodGet, "/release", nil))
	l.failed("a new client", l.fresh(variant))
}

// fresh connects, asks, and goes.
func (l *webLoad) fresh(variant int) error {
	c, err := l.dial()
	if err != nil {
		return err
	}
	defer c.close()
	return c.is(int64(variant), http.MethodGet, "/release", nil)
}

func (l *webLoad) updated(updates, variant int) {
	l.serves(variant)
	l.failed("a client that does nothing", l.idle[updates%len(l.idle)].is(int64(variant), http.MethodGet, "/release", nil))
}

// turn decides the windows that no client is in any more.
func (l *webLoad) turn() {
	for _, window := range l.lin.turn() {
		wrong, err := l.lin.decide(window, l.rec.now, func(key int) (v value, err error) {
			query := url.Values{"key": {sharedKey(window, key)}}
			if v.n, v.there, err = l.decider.number(http.MethodGet, "/value", query); err == nil {
				_, _, err = l.decider.number(http.MethodDelete, "/value", query)
			}
			return v, err
		})
		l.failed("the client that decides", err)
		for _, w := range wrong {
			l.rec.fault("%s", w)
		}
	}
}

func (l *webLoad) end() {
	close(l.stop)
	l.working.Wait()
	l.waiting.Wait()
	l.turn()
	for _, c := range l.idle {
		_, _, err := c.number(http.MethodGet, "/release", nil)
		l.failed("a client that does nothing, at the end", err)
	}
}

func (l *webLoad) decided() (windows, operations int) { return l.lin.windows, l.lin.operations }
