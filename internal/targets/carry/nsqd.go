package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"
)

// nsqd is a message queue.
type nsqd struct{}

func (nsqd) args(addr, dir string) []string {
	return []string{"-addr", addr, "-http", nsqHTTP(addr), "-data", dir}
}

func (nsqd) clients() []client {
	return []client{
		&nsqQueue{n: 0, size: 10}, &nsqQueue{n: 1, size: 10, many: true}, &nsqQueue{n: 2, size: 20_000}, &nsqQueue{n: 3, size: 10, later: true},
		&nsqTopics{}, &nsqPosts{},
	}
}

func (nsqd) tools(addr string) []tool {
	return []tool{{name: "curl", debian: "curl", args: []string{"-s", "--max-time", "60", "http://" + nsqHTTP(addr) + "/ping"}, right: says("OK")}}
}

// nsqQueue publishes to a topic of its own, and takes what comes back: each message once, and
// once more if it says so.
type nsqQueue struct {
	n        int
	size     int
	many     bool // MPUB
	later    bool // DPUB
	rnd      *rand.Rand
	pub, sub *nsq
	topic    string
	sent     int
}

func (q *nsqQueue) open(addr string, rnd *rand.Rand) (err error) {
	q.rnd, q.topic = rnd, fmt.Sprintf("load_%d_%x", q.n, rnd.Uint32())
	if q.pub, err = dialNSQ(addr, fmt.Sprint("pub", q.n)); err != nil {
		return err
	}
	if q.sub, err = dialNSQ(addr, fmt.Sprint("sub", q.n)); err != nil {
		return err
	}
	return q.sub.subscribe(q.topic, "all", 100)
}

func (q *nsqQueue) close() {
	q.pub.close()
	q.sub.close()
}

func (q *nsqQueue) step() (int, error) {
	wanted := map[string]uint16{} // message → attempt
	var l []string
	for range 1 + q.rnd.IntN(5) {
		q.sent++
		l = append(l, fmt.Sprint(q.sent, " ", strings.Repeat("x", q.rnd.IntN(q.size))))
		wanted[l[len(l)-1]] = 1
	}
	var commands []string
	for _, m := range l {
		switch {
		case q.many:
			commands = []string{nsqMany("MPUB "+q.topic, l)}
		case q.later:
			commands = append(commands, nsqBody(fmt.Sprintf("DPUB %s %d", q.topic, 1+q.rnd.IntN(50)), m))
		default:
			commands = append(commands, nsqBody("PUB "+q.topic, m))
		}
	}
	if err := q.pub.do(commands...); err != nil {
		return 0, err
	}
	n := len(commands)
	for len(wanted) > 0 {
		f, err := q.sub.receive()
		if err != nil {
			return n, err
		}
		if f.kind != nsqMessage || wanted[f.text] == 0 || wanted[f.text] != f.attempts {
			return n, wrongf("%.80v, and what is to come is %.200v", f, wanted)
		}
		n++
		switch q.rnd.IntN(8) {
		case 0:
			wanted[f.text]++
			err = q.sub.send("REQ " + f.id + " 0\n")
		case 1:
			delete(wanted, f.text)
			err = q.sub.send("TOUCH " + f.id + "\nFIN " + f.id + "\n")
		default:
			delete(wanted, f.text)
			err = q.sub.send("FIN " + f.id + "\n")
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// nsqTopics makes topics and channels over HTTP, and takes them away.
type nsqTopics struct {
	w    *web
	rnd  *rand.Rand
	made int
}

func (t *nsqTopics) open(addr string, rnd *rand.Rand) error {
	t.w, t.rnd = newWeb(nsqHTTP(addr)), rnd
	return nil
}

func (t *nsqTopics) close() { t.w.close() }

func (t *nsqTopics) step() (int, error) {
	t.made++
	topic := fmt.Sprintf("made_%d_%x", t.made, t.rnd.Uint32())
	depth := 1 + t.rnd.IntN(4)
	n := 0
	for _, path := range []string{"/topic/create?topic=" + topic, "/channel/create?topic=" + topic + "&channel=c"} {
		if err := t.fine(path, ""); err != nil {
			return n, err
		}
		n++
	}
	for i := range depth {
		if status, answer, err := t.w.ask("/pub?topic="+topic, fmt.Sprint("message ", i)); err != nil || status != 200 || answer != "OK" {
			return n, answered(status, answer, err)
		}
		n++
	}
	// The topic hands them to the channel when it comes to it.
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		s, err := t.w.stats(topic)
		if err != nil {
			return n, err
		}
		if len(s.Topics) == 1 && len(s.Topics[0].Channels) == 1 && s.Topics[0].Channels[0].Depth == depth {
			break
		}
		if time.Now().After(end) {
			return n, wrongf("%d messages are %+v", depth, s)
		}
	}
	if err := t.fine("/topic/delete?topic="+topic, ""); err != nil {
		return n, err
	}
	s, err := t.w.stats(topic)
	if err == nil && len(s.Topics) > 0 {
		err = wrongf("the topic that was deleted is %+v", s)
	}
	return n + 2, err
}

// fine posts, and wants an empty answer.
func (t *nsqTopics) fine(path, want string) error {
	status, answer, err := t.w.ask(path, "-")
	if err != nil || status != 200 || answer != want {
		return answered(status, answer, err)
	}
	return nil
}

func answered(status int, answer string, err error) error {
	if err != nil {
		return err
	}
	return wrongf("%d %.200q", status, answer)
}

// nsqStats is the part of the statistics that does not depend on when they are asked for.
type nsqStats struct {
	Topics []struct {
		Name     string `json:"topic_name"`
		Depth    int    `json:"depth"`
		Messages int    `json:"message_count"`
		Paused   bool   `json:"paused"`
		Channels []struct {
			Name     string `json:"channel_name"`
			Depth    int    `json:"depth"`
			InFlight int    `json:"in_flight_count"`
			Deferred int    `json:"deferred_count"`
			Messages int    `json:"message_count"`
			Requeued int    `json:"requeue_count"`
			TimedOut int    `json:"timeout_count"`
			Paused   bool   `json:"paused"`
			Clients  []struct {
				ID       string `json:"client_id"`
				Ready    int    `json:"ready_count"`
				InFlight int    `json:"in_flight_count"`
				Messages int    `json:"message_count"`
				Finished int    `json:"finish_count"`
				Requeued int    `json:"requeue_count"`
			} `json:"clients"`
		} `json:"channels"`
	} `json:"topics"`
}

func (w *web) stats(topic string) (s nsqStats, err error) {
	status, answer, err := w.ask("/stats?format=json&topic="+topic, "")
	if err != nil || status != 200 {
		return s, answered(status, answer, err)
	}
	return s, json.Unmarshal([]byte(answer), &s)
}

// nsqPosts publishes over HTTP what it takes over TCP.
type nsqPosts struct {
	w     *web
	rnd   *rand.Rand
	sub   *nsq
	topic string
	sent  int
}

func (p *nsqPosts) open(addr string, rnd *rand.Rand) (err error) {
	p.w, p.rnd, p.topic = newWeb(nsqHTTP(addr)), rnd, fmt.Sprintf("posts_%x", rnd.Uint32())
	if p.sub, err = dialNSQ(addr, "posts"); err != nil {
		return err
	}
	return p.sub.subscribe(p.topic, "all", 10)
}

func (p *nsqPosts) close() {
	p.w.close()
	p.sub.close()
}

func (p *nsqPosts) step() (int, error) {
	var l []string
	for range 1 + p.rnd.IntN(4) {
		p.sent++
		l = append(l, fmt.Sprint("posted ", p.sent))
	}
	status, answer, err := p.w.ask("/mpub?topic="+p.topic, strings.Join(l, "\n"))
	if err != nil || status != 200 || answer != "OK" {
		return 0, answered(status, answer, err)
	}
	n := 1
	for len(l) > 0 {
		f, err := p.sub.receive()
		if err != nil {
			return n, err
		}
		i := slices.Index(l, f.text)
		if f.kind != nsqMessage || i < 0 || f.attempts != 1 {
			return n, wrongf("%.80v, and what is to come is %q", f, l)
		}
		l = slices.Delete(l, i, i+1)
		n++
		if err := p.sub.send("FIN " + f.id + "\n"); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (nsqd) trial(addr string, rnd *rand.Rand, t *transcript) trial {
	return &nsqTrial{addr: addr, t: t, name: fmt.Sprintf("trial_%x", rnd.Uint64()), w: newWeb(nsqHTTP(addr))}
}

// nsqTrial leaves messages in flight, put off, to be published, and in channels that are
// paused; a consumer that waits; and a command in half.
type nsqTrial struct {
	addr, name string
	t          *transcript
	w          *web
	open       []*nsq
	pub        *nsq // has sent a command in half
	taker      *nsq // has messages in flight
	flight     []string
	waiter     *nsq // waits
	page       net.Conn
}

func (n *nsqTrial) topic(what string) string { return n.name + "_" + what }

func (n *nsqTrial) dial(name string) (*nsq, error) {
	c, err := dialNSQ(n.addr, name)
	if err == nil {
		n.open = append(n.open, c)
	}
	return c, err
}

func (n *nsqTrial) before() (err error) {
	dial := func(name string) (c *nsq) {
		if err == nil {
			c, err = n.dial(name)
		}
		return c
	}
	n.pub, n.taker, n.waiter = dial("pub"), dial("taker"), dial("waiter")
	if err != nil {
		return err
	}
	var l []string
	for i := range 6 {
		l = append(l, fmt.Sprint("message ", i))
	}
	// One is finished, one put off for long, one in flight, and the others wait for their turn.
	if err := n.taker.subscribe(n.topic("taken"), "c", 3); err != nil {
		return err
	}
	if err := n.pub.do(nsqMany("MPUB "+n.topic("taken"), l)); err != nil {
		return err
	}
	for range 3 {
		f, err := n.taker.receive()
		if err != nil {
			return err
		}
		n.t.add("%v", f)
		n.flight = append(n.flight, f.id)
	}
	if err := n.taker.send(fmt.Sprintf("RDY 0\nFIN %s\nREQ %s 1000\nTOUCH %s\n", n.flight[0], n.flight[1], n.flight[2])); err != nil {
		return err
	}
	// Nobody listens to these yet.
	if err := n.pub.do(nsqMany("MPUB "+n.topic("kept"), l), nsqBody("DPUB "+n.topic("later")+" 1000", "put off")); err != nil {
		return err
	}
	for _, path := range []string{"/topic/create?topic=" + n.topic("paused"), "/channel/create?topic=" + n.topic("paused") + "&channel=c", "/channel/pause?topic=" + n.topic("paused") + "&channel=c"} {
		if status, answer, err := n.w.ask(path, "-"); err != nil || status != 200 {
			return answered(status, answer, err)
		}
	}
	if err := n.pub.do(nsqBody("PUB "+n.topic("paused"), "held back")); err != nil {
		return err
	}
	if err := n.waiter.subscribe(n.topic("waited"), "c#ephemeral", 1); err != nil {
		return err
	}
	if n.page, err = net.Dial("tcp", nsqHTTP(n.addr)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(n.page, "POST /pub?topic=%s HTTP/1.0\r\nContent-Length: 10\r\n\r\nhalf ", n.topic("halves")); err != nil {
		return err
	}
	return n.pub.send("PUB " + n.topic("halves") + "\n" + nsqSize(10) + "ha")
}

func (n *nsqTrial) after() error {
	take := func(c *nsq, count int, then string) error {
		for range count {
			f, err := c.receive()
			if err != nil {
				return err
			}
			for _, id := range n.flight { // an error may name one, and each server makes its own
				f.text = strings.ReplaceAll(f.text, id, "id")
			}
			n.t.add("%v", f)
			if f.kind == nsqMessage {
				if err := c.send(then + " " + f.id + "\n"); err != nil {
					return err
				}
			}
		}
		return nil
	}
	// The halves.
	if err := n.pub.send("lf a com"); err != nil {
		return err
	}
	f, err := n.pub.receive()
	if err != nil {
		return err
	}
	n.t.add("half a command: %v", f)
	if _, err := fmt.Fprint(n.page, "a page"); err != nil {
		return err
	}
	n.page.SetDeadline(time.Now().Add(patience))
	var status string
	if _, err := fmt.Fscanf(n.page, "HTTP/1.0 %s", &status); err != nil {
		return err
	}
	n.t.add("half a page: %s", status)
	// The one that waits.
	if err := n.pub.do(nsqBody("PUB "+n.topic("waited"), "at last")); err != nil {
		return err
	}
	if err := take(n.waiter, 1, "FIN"); err != nil {
		return err
	}
	// Those in flight, and those that have not had their turn; what was put off comes last.
	if err := n.taker.send(fmt.Sprintf("FIN %s\nFIN %s\nRDY 1\n", n.flight[2], n.flight[0])); err != nil {
		return err
	}
	if err := take(n.taker, 5, "FIN"); err != nil { // an error, and four messages
		return err
	}
	// What nobody had listened to.
	for _, l := range []struct {
		topic string
		count int
	}{{"kept", 6}, {"halves", 2}, {"later", 1}, {"paused", 1}} {
		c, err := n.dial(l.topic)
		if err != nil {
			return err
		}
		if err := c.subscribe(n.topic(l.topic), "c", 1); err != nil {
			return err
		}
		if l.topic == "paused" {
			if status, answer, err := n.w.ask("/channel/unpause?topic="+n.topic(l.topic)+"&channel=c", "-"); err != nil || status != 200 {
				return answered(status, answer, err)
			}
		}
		if err := take(c, l.count, "FIN"); err != nil {
			return err
		}
	}
	// What is not allowed, over connections that go on.
	for _, command := range []string{"FIN 0123456789abcdef\n", "TOUCH 0123456789abcdef\n", "REQ 0123456789abcdef 0\n"} {
		if err := n.taker.send(command); err != nil {
			return err
		}
		f, err := n.taker.receive()
		if err != nil {
			return err
		}
		n.t.add("%s: %v", strings.TrimSpace(command), f)
	}
	return n.count()
}

// count asks what has become of it all, when the server has come to everything that was sent.
func (n *nsqTrial) count() error {
	for _, c := range n.open[1:] { // all but the publisher have a channel
		if err := c.send("CLS\n"); err != nil {
			return err
		}
		f, err := c.receive()
		if err != nil {
			return err
		}
		n.t.add("CLS: %v", f)
	}
	for _, topic := range []string{"taken", "kept", "later", "paused", "waited", "halves"} {
		s, err := n.w.stats(n.topic(topic))
		if err != nil {
			return err
		}
		n.t.add("%s: %s", topic, strings.ReplaceAll(fmt.Sprintf("%+v", s), n.name, "trial"))
	}
	for _, path := range []string{"/ping", "/topic/delete?topic=" + n.topic("kept"), "/topic/delete?topic=nobody", "/pub?topic=wrong!", "/nothing"} {
		status, answer, err := n.w.ask(path, "-")
		if err != nil {
			return err
		}
		n.t.add("%s: %d %s", strings.ReplaceAll(path, n.name, "trial"), status, answer)
	}
	return nil
}

func (n *nsqTrial) close() {
	for _, c := range n.open {
		c.close()
	}
	if n.page != nil {
		n.page.Close()
	}
	n.w.close()
}
