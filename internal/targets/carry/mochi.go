package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"
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
	pub, sub *mqtt
	sent     int
}

func (n *mqttNews) topic() string { return fmt.Sprintf("news/%d", n.n) }

func (n *mqttNews) open(addr string, rnd *rand.Rand) (err error) {
	n.rnd = rnd
	if n.pub, _, err = dialMQTT(addr, fmt.Sprint("pub", n.n), mqttClean); err != nil {
		return err
	}
	if n.sub, _, err = dialMQTT(addr, fmt.Sprint("sub", n.n), mqttClean); err != nil {
		return err
	}
	return n.sub.subscribe(n.topic(), n.qos)
}

func (n *mqttNews) close() {
	n.pub.close()
	n.sub.close()
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
		if err := n.pub.publish(n.topic(), message, n.qos<<1); err != nil {
			return 0, err
		}
		want = append(want, message)
	}
	for i, w := range want {
		topic, got, err := n.sub.take()
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
	c    *mqtt
	rnd  *rand.Rand
	kept string
}

func (r *mqttRetained) open(addr string, rnd *rand.Rand) (err error) {
	r.rnd, r.kept = rnd, ""
	r.c, _, err = dialMQTT(addr, "retained", mqttClean)
	return err
}

func (r *mqttRetained) close() { r.c.close() }

func (r *mqttRetained) step() (int, error) {
	if r.kept == "" || r.rnd.IntN(4) == 0 {
		r.kept = fmt.Sprintf("%x", r.rnd.Uint64())
		return 1, r.c.publish("kept", r.kept, mqttRetain|mqttQoS1)
	}
	id := r.c.next()
	if err := r.c.send(mqttSubscribe, 2, id, mqttText("kept"), []byte{1}); err != nil {
		return 0, err
	}
	// The message may come in front of the acknowledgement.
	for acknowledged, got := false, false; !acknowledged || !got; {
		p, err := r.c.receive()
		if err != nil {
			return 0, err
		}
		switch p.kind {
		case mqttSuback:
			acknowledged = true
		case mqttPublish:
			_, mid, message := p.message()
			if got = true; message != r.kept {
				return 0, wrongf("the message %q was kept as %q", r.kept, message)
			}
			if err := r.c.send(mqttPuback, 0, []byte{byte(mid >> 8), byte(mid)}); err != nil {
				return 0, err
			}
		default:
			return 0, wrongf("%v for an answer to SUBSCRIBE", p)
		}
	}
	return 2, r.c.unsubscribe("kept")
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
	m, _, err := dialMQTT(c.addr, fmt.Sprint("coming", c.n%10), mqttClean)
	if err != nil {
		return 0, err
	}
	defer m.close()
	if err := m.subscribe("coming/#", 1); err != nil {
		return 1, err
	}
	return 2, m.send(mqttDisconnect, 0)
}

// mqttPing does little.
type mqttPing struct{ c *mqtt }

func (p *mqttPing) open(addr string, rnd *rand.Rand) (err error) {
	p.c, _, err = dialMQTT(addr, "ping", mqttClean)
	return err
}

func (p *mqttPing) close() { p.c.close() }

func (p *mqttPing) rest() time.Duration { return 200 * time.Millisecond }

func (p *mqttPing) step() (int, error) {
	if err := p.c.send(mqttPingreq, 0); err != nil {
		return 0, err
	}
	return 1, p.c.expect(mqttPingresp, nil)
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

	pub, sub, two, half, dies, unacked *mqtt
	id                                 []byte // of the message that was handed over in half
	rest                               []byte // of the packet that was sent in half
	conns                              []*mqtt
}

func (m *mochiTrial) topic(s string) string { return m.name + "/" + s }

func (m *mochiTrial) value() string { return fmt.Sprintf("%x", m.rnd.Uint64()) }

func (m *mochiTrial) dial(name string, flags byte, will ...string) (*mqtt, error) {
	c, p, err := dialMQTT(m.addr, m.name+name, flags, will...)
	if err != nil {
		return nil, err
	}
	m.conns = append(m.conns, c)
	m.t.add("%s connects: %v", name, p)
	return c, nil
}

func (m *mochiTrial) before() (err error) {
	for _, c := range []struct {
		c     **mqtt
		name  string
		flags byte
		will  []string
	}{
		{&m.pub, "pub", mqttClean, nil}, {&m.sub, "sub", mqttClean, nil}, {&m.two, "two", mqttClean, nil}, {&m.half, "half", mqttClean, nil},
		{&m.unacked, "unacked", 0, nil}, {&m.dies, "dies", mqttClean | mqttWill, []string{m.topic("a/will"), m.value()}},
	} {
		if *c.c, err = m.dial(c.name, c.flags, c.will...); err != nil {
			return err
		}
	}
	// Ids of its own packets are no ids of messages that it does not acknowledge: the broker would
	// refuse to take back a subscription under such a one.
	m.sub.id = 1000
	if err := m.sub.subscribe(m.topic("a/#"), 1); err != nil {
		return err
	}
	if err := m.unacked.subscribe(m.topic("b/+"), 1); err != nil {
		return err
	}
	away, err := m.dial("away", 0)
	if err != nil {
		return err
	}
	if err := away.subscribe(m.topic("c"), 1); err != nil {
		return err
	}
	if err := away.send(mqttDisconnect, 0); err != nil {
		return err
	}
	// The broker has seen that when it closes the connection.
	if _, err := away.receive(); err == nil {
		return wrong("the broker goes on after DISCONNECT")
	}
	for _, topic := range []string{"kept", "kept/too"} {
		if err := m.pub.publish(m.topic(topic), m.value(), mqttRetain|mqttQoS1); err != nil {
			return err
		}
	}
	for _, topic := range []string{"a/x", "b/x", "b/y", "c", "c"} {
		if err := m.pub.publish(m.topic(topic), m.value(), mqttQoS1); err != nil {
			return err
		}
	}
	if p, err := m.sub.receive(); err != nil || p.kind != mqttPublish { // and it is not acknowledged
		return wrongf("%v, %v instead of a message", p, err)
	}
	for range 2 {
		if _, err := m.unacked.receive(); err != nil {
			return err
		}
	}
	m.id = m.two.next()
	if err := m.two.send(mqttPublish, mqttQoS2, mqttText(m.topic("a/two")), m.id, []byte(m.value())); err != nil {
		return err
	}
	if err := m.two.expect(mqttPubrec, m.id); err != nil {
		return err
	}
	whole := mqttPacket(mqttPublish, mqttQoS1, mqttText(m.topic("a/half")), []byte{0, 9}, []byte(strings.Repeat(m.value(), 300)))
	cut := 3 + m.rnd.IntN(3000)
	m.rest = whole[cut:]
	_, err = m.half.c.Write(whole[:cut])
	return err
}

// hears puts the next packet into the transcript.
func (m *mochiTrial) hears(name string, c *mqtt) error {
	p, err := c.receive()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	m.t.add("%s: %.200s", name, p)
	return nil
}

func (m *mochiTrial) after() error {
	// What was handed over in half was passed on before the update, or is now.
	if err := m.two.send(mqttPubrel, 2, m.id); err != nil {
		return err
	}
	if err := m.hears("the other half of a message", m.two); err != nil {
		return err
	}
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	if _, err := m.half.c.Write(m.rest); err != nil {
		return err
	}
	if err := m.hears("the packet that was sent in half", m.half); err != nil {
		return err
	}
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	if err := m.sub.send(mqttPuback, 0, []byte{0, 1}); err != nil {
		return err
	}
	for qos := range byte(3) {
		m.t.add("published: %v", m.pub.publish(m.topic("a/later"), m.value(), qos<<1))
		if err := m.hears("subscriber", m.sub); err != nil {
			return err
		}
	}
	m.dies.close()
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
		p, err := away.receive()
		if err != nil {
			return err
		}
		waited[p.String()] = true
	}
	m.t.add("for who was away: %v", waited)
	m.t.add("published: %v", m.pub.publish(m.topic("c"), m.value(), mqttQoS1))
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
		p, err := again.receive()
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
	c, err := m.dial("later", mqttClean)
	if err != nil {
		return err
	}
	for _, topic := range []string{"kept", "kept/+"} {
		if err := c.send(mqttSubscribe, 2, c.next(), mqttText(m.topic(topic)), []byte{1}); err != nil {
			return err
		}
		got := map[string]bool{}
		for range 2 {
			p, err := c.receive()
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
	if err := m.sub.unsubscribe(m.topic("a/#")); err != nil {
		return err
	}
	m.t.add("published for nobody: %v", m.pub.publish(m.topic("a/none"), m.value(), mqttQoS1))
	if err := m.sub.send(mqttPingreq, 0); err != nil {
		return err
	}
	if err := m.hears("subscriber", m.sub); err != nil {
		return err
	}
	id := m.sub.next()
	if err := m.sub.send(mqttSubscribe, 2, id, mqttText("a/#/b"), []byte{1}); err != nil {
		return err
	}
	p, err := m.sub.receive()
	m.t.add("a filter that is none: %v, %v", p, err != nil)
	if err := m.half.send(mqttConnect, 0, mqttText("MQTT"), []byte{4, mqttClean, 0, 0}, mqttText("twice")); err != nil {
		return err
	}
	p, err = m.half.receive()
	m.t.add("connecting twice: %v, %v", p, err != nil)
	return nil
}

func (m *mochiTrial) close() {
	for _, c := range m.conns {
		c.close()
	}
}
