package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/upstarego/upstarego/internal/mqtt"
)

// mochi is a message broker.
type mochi struct{}

func (mochi) args(addr, dir string) []string { return []string{"-addr", addr} }

func (mochi) clients() []client {
	return []client{
		&mqttNews{n: 0, qos: 0, size: 10}, &mqttNews{n: 1, qos: 1, size: 10}, &mqttNews{n: 2, qos: 2, size: 10}, &mqttNews{n: 3, qos: 1, size: 20_000},
		&mqttRetained{}, &mqttComing{}, &mqttPing{},
	}
}

func (mochi) tools(addr string) []tool {
	host, port, _ := net.SplitHostPort(addr)
	return []tool{
		{name: "mosquitto_pub", debian: "mosquitto-clients", args: []string{"-h", host, "-p", port, "-q", "2", "-r", "-t", "by-mosquitto", "-m", "kept"}, right: says("")},
		{name: "mosquitto_sub", debian: "mosquitto-clients", args: []string{"-h", host, "-p", port, "-q", "2", "-W", "60", "-C", "1", "-t", "by-mosquitto"}, right: says("kept\n")},
	}
}

// mqttNews publishes to itself over two connections: each message arrives, once and in order.
type mqttNews struct {
	n        int
	qos      byte
	size     int
	rnd      *rand.Rand
	pub, sub *mqtt.Client
	sent     int
}

func (n *mqttNews) topic() string { return fmt.Sprintf("news/%d", n.n) }

func (n *mqttNews) open(addr string, rnd *rand.Rand) (err error) {
	n.rnd = rnd
	if n.pub, _, err = mqtt.Dial(addr, fmt.Sprint("pub", n.n), mqtt.Clean); err != nil {
		return err
	}
	if n.sub, _, err = mqtt.Dial(addr, fmt.Sprint("sub", n.n), mqtt.Clean); err != nil {
		return err
	}
	return n.sub.Subscribe(n.topic(), n.qos)
}

func (n *mqttNews) close() {
	n.pub.Close()
	n.sub.Close()
}

func (n *mqttNews) step() (int, error) {
	// Some at a time. At QoS 2 the next message may come in the middle of handing over the one
	// before: there it is one.
	var want []string
	count := 1 + n.rnd.IntN(5)
	if n.qos == 2 {
		count = 1
	}
	for range count {
		n.sent++
		message := fmt.Sprint(n.sent, " ", strings.Repeat("x", n.rnd.IntN(n.size)))
		if err := n.pub.Publish(n.topic(), message, n.qos<<1); err != nil {
			return 0, err
		}
		want = append(want, message)
	}
	for i, w := range want {
		topic, got, err := n.sub.Take()
		if err != nil {
			return i, err
		}
		if topic != n.topic() || got != w {
			return i, wrongf("the message %.40q arrived on %s as %.40q", w, topic, got)
		}
	}
	return 2 * len(want), nil
}

// mqttRetained keeps a message with the broker, and subscribes to it again and again.
type mqttRetained struct {
	c    *mqtt.Client
	rnd  *rand.Rand
	kept string
}

func (r *mqttRetained) open(addr string, rnd *rand.Rand) (err error) {
	r.rnd, r.kept = rnd, ""
	r.c, _, err = mqtt.Dial(addr, "retained", mqtt.Clean)
	return err
}

func (r *mqttRetained) close() { r.c.Close() }

func (r *mqttRetained) step() (int, error) {
	if r.kept == "" || r.rnd.IntN(4) == 0 {
		r.kept = fmt.Sprintf("%x", r.rnd.Uint64())
		return 1, r.c.Publish("kept", r.kept, mqtt.Retain|mqtt.QoS1)
	}
	id := r.c.Next()
	if err := r.c.Send(mqtt.Subscribe, 2, id, mqtt.Text("kept"), []byte{1}); err != nil {
		return 0, err
	}
	// The message may come in front of the acknowledgement.
	for acknowledged, got := false, false; !acknowledged || !got; {
		p, err := r.c.Receive()
		if err != nil {
			return 0, err
		}
		switch p.Kind {
		case mqtt.Suback:
			acknowledged = true
		case mqtt.Publish:
			_, mid, message := p.Message()
			if got = true; message != r.kept {
				return 0, wrongf("the message %q was kept as %q", r.kept, message)
			}
			if err := r.c.Send(mqtt.Puback, 0, []byte{byte(mid >> 8), byte(mid)}); err != nil {
				return 0, err
			}
		default:
			return 0, wrongf("%v for an answer to SUBSCRIBE", p)
		}
	}
	return 2, r.c.Unsubscribe("kept")
}

// mqttComing comes and goes.
type mqttComing struct {
	addr string
	n    int
}

func (c *mqttComing) open(addr string, rnd *rand.Rand) error {
	c.addr = addr
	return nil
}

func (c *mqttComing) close() {}

func (c *mqttComing) step() (int, error) {
	c.n++
	m, _, err := mqtt.Dial(c.addr, fmt.Sprint("coming", c.n%10), mqtt.Clean)
	if err != nil {
		return 0, err
	}
	defer m.Close()
	if err := m.Subscribe("coming/#", 1); err != nil {
		return 1, err
	}
	return 2, m.Send(mqtt.Disconnect, 0)
}

// mqttPing does little.
type mqttPing struct{ c *mqtt.Client }

func (p *mqttPing) open(addr string, rnd *rand.Rand) (err error) {
	p.c, _, err = mqtt.Dial(addr, "ping", mqtt.Clean)
	return err
}

func (p *mqttPing) close() { p.c.Close() }

func (p *mqttPing) rest() time.Duration { return 200 * time.Millisecond }

func (p *mqttPing) step() (int, error) {
	if err := p.c.Send(mqtt.Pingreq, 0); err != nil {
		return 0, err
	}
	return 1, p.c.Expect(mqtt.Pingresp, nil)
}

func (mochi) trial(addr string, rnd *rand.Rand, t *transcript) trial {
	return &mochiTrial{addr: addr, name: fmt.Sprintf("trial-%x", rnd.Uint64()), rnd: rnd, t: t}
}

// mochiTrial leaves a message that is kept, subscriptions, a session whose client is away, messages
// that have not been acknowledged, one that has been handed over in half, and a packet that has been
// sent in half.
type mochiTrial struct {
	addr, name string
	rnd        *rand.Rand
	t          *transcript

	pub, sub, two, half, dies, unacked *mqtt.Client
	id                                 []byte // of the message that was handed over in half
	rest                               []byte // of the packet that was sent in half
	conns                              []*mqtt.Client
}

func (m *mochiTrial) topic(s string) string { return m.name + "/" + s }

func (m *mochiTrial) value() string { return fmt.Sprintf("%x", m.rnd.Uint64()) }

func (m *mochiTrial) dial(name string, flags byte, will ...string) (*mqtt.Client, error) {
	c, p, err := mqtt.Dial(m.addr, m.name+name, flags, will...)
	if err != nil {
		return nil, err
	}
	m.conns = append(m.conns, c)
	m.t.add("%s connects: %v", name, p)
	return c, nil
}

func (m *mochiTrial) before() (err error) {
	for _, c := range []struct {
		c     **mqtt.Client
		name  string
		flags byte
		will  []string
	}{
		{&m.pub, "pub", mqtt.Clean, nil}, {&m.sub, "sub", mqtt.Clean, nil}, {&m.two, "two", mqtt.Clean, nil}, {&m.half, "half", mqtt.Clean, nil},
		{&m.unacked, "unacked", 0, nil}, {&m.dies, "dies", mqtt.Clean | mqtt.Will, []string{m.topic("a/will"), m.value()}},
	} {
		if *c.c, err = m.dial(c.name, c.flags, c.will...); err != nil {
			return err
		}
	}
	// Ids of its own packets are no ids of messages that it does not acknowledge: the broker would
	// refuse to take back a subscription under such a one.
	m.sub.ID = 1000
	if err := m.sub.Subscribe(m.topic("a/#"), 1); err != nil {
		return err
	}
	if err := m.unacked.Subscribe(m.topic("b/+"), 1); err != nil {
		return err
	}
	away, err := m.dial("away", 0)
	if err != nil {
		return err
	}
	if err := away.Subscribe(m.topic("c"), 1); err != nil {
		return err
	}
	if err := away.Send(mqtt.Disconnect, 0); err != nil {
		return err
	}
	// The broker has seen that when it closes the connection.
	if _, err := away.Receive(); err == nil {
		return wrong("the broker goes on after DISCONNECT")
	}
	for _, topic := range []string{"kept", "kept/too"} {
		if err := m.pub.Publish(m.topic(topic), m.value(), mqtt.Retain|mqtt.QoS1); err != nil {
			return err
		}
	}
	for _, topic := range []string{"a/x", "b/x", "b/y", "c", "c"} {
		if err := m.pub.Publish(m.topic(topic), m.value(), mqtt.QoS1); err != nil {
			return err
		}
	}
	if p, err := m.sub.Receive(); err != nil || p.Kind != mqtt.Publish { // and it is not acknowledged
		return wrongf("%v, %v instead of a message", p, err)
	}
	for range 2 {
		if _, err := m.unacked.Receive(); err != nil {
			return err
		}
	}
	m.id = m.two.Next()
	if err := m.two.Send(mqtt.Publish, mqtt.QoS2, mqtt.Text(m.topic("a/two")), m.id, []byte(m.value())); err != nil {
		return err
	}
	if err := m.two.Expect(mqtt.Pubrec, m.id); err != nil {
		return err
	}
	whole := mqtt.Encode(mqtt.Publish, mqtt.QoS1, mqtt.Text(m.topic("a/half")), []byte{0, 9}, []byte(strings.Repeat(m.value(), 300)))
	cut := 3 + m.rnd.IntN(3000)
	m.rest = whole[cut:]
	_, err = m.half.Write(whole[:cut])
	return err
}

// hears puts the next packet into the transcript.
func (m *mochiTrial) hears(name string, c *mqtt.Client) error {
	p, err := c.Receive()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	m.t.add("%s: %.200s", name, p)
	return nil
}

func (m *mochiTrial) after() error {
	// What was handed over in half was passed on before the update, or is now.
	if err := m.two.Send(mqtt.Pubrel, 2, m.id); err != nil {
		return err
	}
	if err := m.hears("the other half of a message", m.two); err != nil {
		return err
	}
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	if _, err := m.half.Write(m.rest); err != nil {
		return err
	}
	if err := m.hears("the packet that was sent in half", m.half); err != nil {
		return err
	}
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	if err := m.sub.Send(mqtt.Puback, 0, []byte{0, 1}); err != nil {
		return err
	}
	for qos := range byte(3) {
		m.t.add("published: %v", m.pub.Publish(m.topic("a/later"), m.value(), qos<<1))
		if err := m.hears("subscriber", m.sub); err != nil {
			return err
		}
	}
	m.dies.Close()
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	for _, step := range []func() error{m.returned, m.kept, m.others} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// returned are sessions whose clients come back.
func (m *mochiTrial) returned() error {
	away, err := m.dial("away", 0)
	if err != nil {
		return err
	}
	waited := map[string]bool{} // messages of the same second are not in order
	for range 2 {
		p, err := away.Receive()
		if err != nil {
			return err
		}
		waited[p.String()] = true
	}
	m.t.add("for who was away: %v", waited)
	m.t.add("published: %v", m.pub.Publish(m.topic("c"), m.value(), mqtt.QoS1))
	if err := m.hears("who was away", away); err != nil {
		return err
	}
	// The second connection takes the session over from the first.
	again, err := m.dial("unacked", 0)
	if err != nil {
		return err
	}
	got := map[string]bool{}
	for range 2 {
		p, err := again.Receive()
		if err != nil {
			return err
		}
		got[p.String()] = true
	}
	m.t.add("not acknowledged, and sent again: %v", got) // in the order of their names
	return nil
}

// kept are messages that a later subscriber gets.
func (m *mochiTrial) kept() error {
	c, err := m.dial("later", mqtt.Clean)
	if err != nil {
		return err
	}
	for _, topic := range []string{"kept", "kept/+"} {
		if err := c.Send(mqtt.Subscribe, 2, c.Next(), mqtt.Text(m.topic(topic)), []byte{1}); err != nil {
			return err
		}
		got := map[string]bool{}
		for range 2 {
			p, err := c.Receive()
			if err != nil {
				return err
			}
			got[p.String()] = true
		}
		m.t.add("to a subscription of %s: %v", topic, got)
	}
	return nil
}

// others are requests that nothing came before.
func (m *mochiTrial) others() error {
	if err := m.sub.Unsubscribe(m.topic("a/#")); err != nil {
		return err
	}
	m.t.add("published for nobody: %v", m.pub.Publish(m.topic("a/none"), m.value(), mqtt.QoS1))
	if err := m.sub.Send(mqtt.Pingreq, 0); err != nil {
		return err
	}
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	id := m.sub.Next()
	if err := m.sub.Send(mqtt.Subscribe, 2, id, mqtt.Text("a/#/b"), []byte{1}); err != nil {
		return err
	}
	p, err := m.sub.Receive()
	m.t.add("a filter that is none: %v, %v", p, err != nil)
	if err := m.half.Send(mqtt.Connect, 0, mqtt.Text("MQTT"), []byte{4, mqtt.Clean, 0, 0}, mqtt.Text("twice")); err != nil {
		return err
	}
	p, err = m.half.Receive()
	m.t.add("connecting twice: %v, %v", p, err != nil)
	return nil
}

func (m *mochiTrial) close() {
	for _, c := range m.conns {
		c.Close()
	}
}
