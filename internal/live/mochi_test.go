package live

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// All releases of the broker are carried by make targets. mochid is a release of examples/mochi.
func mochid(version string, from *Shared) *Shared {
	return &Shared{From: from, Flags: []string{"-instrument", "github.com/mochi-mqtt/server/v2/..."}, Source: func(t testing.TB) string {
		return Copy(t, "../../examples/mochi/"+version)
	}}
}

var (
	mochi243 = mochid("v2.4.3", nil)
	mochi244 = mochid("v2.4.4", mochi243).AsLast()
)

// TestMochi: an MQTT broker is carried from mochi-mqtt 2.4.3 to 2.4.4 with the library instrumented,
// while clients publish and subscribe. No connection breaks, and every message arrives once and in order.
func TestMochi(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	mochi244.Update(t) // builds both: clients that are connected do not wait for that
	p := Start(t, mochi243.Exe(t), "-addr", addr)

	subscriber := dialMQTT(t, addr, "subscriber")
	subscriber.send(8<<4|2, join([]byte{0, 1}, text("news/#"), []byte{1}))
	kind, body := subscriber.receive()
	require.Equal(t, byte(9), kind)
	require.Equal(t, []byte{0, 1, 1}, body)
	idle := dialMQTT(t, addr, "idle")

	const publishers = 3
	got, halt := make(chan string, 1000), make(chan struct{})
	go func() {
		defer close(got)
		for {
			kind, body := subscriber.receive()
			if kind == 13 {
				return
			}
			topic := 2 + binary.BigEndian.Uint16(body)
			got <- string(body[2:topic]) + " " + string(body[topic+2:])
			subscriber.send(4<<4, body[topic:topic+2])
		}
	}()
	counts := make(chan int)
	// Nobody publishes far ahead of the subscriber: to one that lags, a broker drops messages.
	under := make(chan struct{}, 300)
	for i := range publishers {
		c := dialMQTT(t, addr, fmt.Sprint("publisher", i))
		go func() {
			n := 0
			for ; ; n++ {
				select {
				case <-halt:
					counts <- n
					return
				case under <- struct{}{}:
				}
				id := []byte{byte(n>>8&0x7f) + 1, byte(n)}
				c.send(3<<4|2, join(text(fmt.Sprint("news/", i)), id, []byte(fmt.Sprint(n))))
				if kind, body := c.receive(); kind != 4 || string(body) != string(id) {
					t.Errorf("publisher %d: answer %d %q to message %d", i, kind, body, n)
					<-halt
				}
			}
		}()
	}
	// In each release, messages arrive and clients that were there before are answered.
	next := [publishers]int{}
	take := func(m string) {
		t.Helper()
		<-under
		var i, v int
		_, err := fmt.Sscanf(m, "news/%d %d", &i, &v)
		require.NoError(t, err, m)
		require.Equal(t, next[i], v, "from publisher %d", i)
		next[i]++
	}
	arrive := func(n int) {
		t.Helper()
		for range n {
			take(<-got)
		}
	}
	arrive(500)
	for _, u := range []*Shared{mochi244} {
		file := u.Update(t)
		updated := make(chan struct{})
		go func() {
			defer close(updated)
			p.MustUpdate(file)
		}()
		for waiting := true; waiting; {
			select {
			case <-updated:
				waiting = false
			default:
				arrive(1)
			}
		}
		arrive(500)
		idle.send(12<<4, nil)
		kind, _ := idle.receive()
		require.Equal(t, byte(13), kind)
		require.NotNil(t, dialMQTT(t, addr, "late "+release(p)))
	}
	require.Equal(t, "r2", release(p))
	close(halt)
	sent := 0
	for range publishers {
		n, open := 0, true
		for open { // the publishers go on until they see the end
			select {
			case n = <-counts:
				open = false
			case m := <-got:
				take(m)
			}
		}
		sent += n
	}
	total := func() int { return next[0] + next[1] + next[2] }
	arrive(sent - total())
	subscriber.send(12<<4, nil) // its answer comes behind everything
	for m := range got {
		t.Errorf("arrived once too often: %s", m)
	}
	t.Logf("%d messages", total())
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// An mqttConn speaks MQTT 3.1.1 over one connection, which must never break.
type mqttConn struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

// dialMQTT connects as soon as the broker listens.
func dialMQTT(t *testing.T, addr, name string) *mqttConn {
	t.Helper()
	var c net.Conn
	var err error
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if c, err = net.Dial("tcp", addr); err == nil || time.Now().After(end) {
			break
		}
	}
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	m := &mqttConn{t, c, bufio.NewReader(c)}
	m.send(1<<4, join(text("MQTT"), []byte{4, 2, 0, 0}, text(name)))
	kind, body := m.receive()
	require.Equal(t, byte(2), kind)
	require.Equal(t, []byte{0, 0}, body)
	return m
}

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// send writes a packet of fewer than 128 bytes.
func (m *mqttConn) send(first byte, body []byte) {
	if _, err := m.c.Write(join([]byte{first, byte(len(body))}, body)); err != nil {
		m.t.Errorf("connection broken: %v", err)
	}
}

func (m *mqttConn) receive() (kind byte, body []byte) {
	if err := m.c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		m.t.Error(err)
	}
	first, err := m.r.ReadByte()
	var n byte
	if err == nil {
		n, err = m.r.ReadByte()
	}
	body = make([]byte, n)
	if err == nil {
		_, err = io.ReadFull(m.r, body)
	}
	if err != nil {
		m.t.Errorf("connection broken: %v", err)
		return 13, nil
	}
	return first >> 4, body
}
