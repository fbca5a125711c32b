package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// socks is a proxy. What is behind it belongs to this program.
type socks struct{}

func (socks) args(addr, dir string) []string { return []string{"-addr", addr} }

func (socks) clients() []client {
	return []client{&tunnel{size: 100}, &tunnel{size: 100_000}, &tunnel{size: 1000}, &connector{}, &datagrams{}}
}

func (socks) tools(addr string) []tool {
	return []tool{{
		name: "curl", debian: "curl", args: []string{"-sS", "--max-time", "60", "--socks5", addr, webPage()}, right: says(pageText),
	}}
}

var pageText = strings.Repeat("a page behind a proxy\n", 5000)

// webPage is the address of a page, which is served as long as this program runs.
var webPage = sync.OnceValue(func() string {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, pageText) })).URL
})

// echo is the address of a server that gives back what it gets, by TCP and by UDP.
var echo = sync.OnceValue(func() *net.TCPAddr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				panic(err)
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	u, err := net.ListenUDP("udp", &net.UDPAddr{IP: addr.IP, Port: addr.Port})
	if err != nil {
		panic(err)
	}
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, from, err := u.ReadFromUDP(b)
			if err != nil {
				panic(err)
			}
			u.WriteToUDP(b[:n], from)
		}
	}()
	return addr
})

const (
	socksConnect   = 1
	socksAssociate = 3
)

// socksRequest is a request about an address.
func socksRequest(command byte, to *net.TCPAddr) []byte {
	b := append([]byte{5, command, 0, 1}, to.IP.To4()...)
	return binary.BigEndian.AppendUint16(b, uint16(to.Port))
}

// socksDial asks a proxy for something, and gives the address it names.
func socksDial(addr string, command byte, to *net.TCPAddr) (net.Conn, *net.UDPAddr, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	bound, err := func() (*net.UDPAddr, error) {
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			return nil, err
		}
		if err := socksGreet(c); err != nil {
			return nil, err
		}
		if _, err := c.Write(socksRequest(command, to)); err != nil {
			return nil, err
		}
		return socksReply(c)
	}()
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, bound, nil
}

func socksGreet(c net.Conn) error {
	if _, err := c.Write([]byte{5, 1, 0}); err != nil {
		return err
	}
	var b [2]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return err
	}
	if b != [2]byte{5, 0} {
		return wrongf("the proxy wants method %d of version %d", b[1], b[0])
	}
	return nil
}

// socksReply reads the answer to a request. What it says besides of success is an error.
func socksReply(c net.Conn) (*net.UDPAddr, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	size := net.IPv4len
	if head[3] == 4 {
		size = net.IPv6len
	}
	b := make([]byte, size+2)
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, err
	}
	if head[1] != 0 {
		return nil, wrongf("the proxy replied %d", head[1])
	}
	return &net.UDPAddr{IP: b[:size], Port: int(binary.BigEndian.Uint16(b[size:]))}, nil
}

// exchange sends bytes to what echoes them, in pieces, while it reads what comes back.
func exchange(c net.Conn, b []byte) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(b)
		sent <- err
	}()
	got := make([]byte, len(b))
	n, err := io.ReadFull(c, got)
	if serr := <-sent; serr != nil {
		return serr
	}
	if err != nil {
		return fmt.Errorf("%d of %d bytes came back: %w", n, len(b), err)
	}
	if !bytes.Equal(got, b) {
		return wrongf("of %d bytes others came back", len(b))
	}
	return nil
}

func randomBytes(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// tunnel is one connection through the proxy that is never closed.
type tunnel struct {
	size int
	rnd  *rand.Rand
	c    net.Conn
}

func (t *tunnel) open(addr string, rnd *rand.Rand) (err error) {
	t.rnd = rnd
	t.c, _, err = socksDial(addr, socksConnect, echo())
	return err
}

func (t *tunnel) step() (int, error) {
	if err := exchange(t.c, randomBytes(t.rnd, 1+t.rnd.IntN(t.size))); err != nil {
		return 0, err
	}
	return 1, nil
}

func (t *tunnel) close() { closeConn(t.c) }

func closeConn(c net.Conn) {
	if c != nil {
		c.Close()
	}
}

// connector makes one connection after the other.
type connector struct {
	addr string
	rnd  *rand.Rand
}

func (c *connector) open(addr string, rnd *rand.Rand) error {
	c.addr, c.rnd = addr, rnd
	return nil
}

func (c *connector) step() (int, error) {
	conn, _, err := socksDial(c.addr, socksConnect, echo())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := exchange(conn, randomBytes(c.rnd, 100)); err != nil {
		return 0, err
	}
	// The proxy passes the end on, in both directions.
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return 1, err
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		return 1, wrongf("the end of the connection is %v", err)
	}
	return 2, nil
}

func (*connector) close() {}

// datagrams is an association that is never closed.
type datagrams struct {
	rnd *rand.Rand
	a   *association
}

func (d *datagrams) open(addr string, rnd *rand.Rand) (err error) {
	d.rnd = rnd
	d.a, err = associate(addr)
	return err
}

func (d *datagrams) step() (int, error) {
	text := fmt.Sprintf("%x", d.rnd.Uint64())
	got, err := d.a.ask(text)
	if err != nil {
		return 0, err
	}
	if got != text {
		return 0, wrongf("the datagram %q came back as %q", text, got)
	}
	return 1, nil
}

func (d *datagrams) close() { d.a.close() }

// An association passes datagrams on as long as its connection is open.
type association struct {
	c net.Conn
	u *net.UDPConn
}

// sources are the last numbers of addresses that datagrams are sent from.
var sources atomic.Int32

// associate begins an association. The proxy takes the address that the request names for that
// of the server, up to 0.0.3, and for the one that datagrams come from, later: here it is both.
func associate(addr string) (*association, error) {
	c, bound, err := socksDial(addr, socksAssociate, &net.TCPAddr{IP: net.IPv4zero, Port: echo().Port})
	if err != nil {
		return nil, err
	}
	if bound.IP.IsUnspecified() {
		bound.IP = echo().IP
	}
	from := &net.UDPAddr{IP: net.IPv4(127, 0, 1, byte(1+sources.Add(1)%250)), Port: echo().Port}
	u, err := net.DialUDP("udp", from, bound)
	if err != nil {
		c.Close()
		return nil, err
	}
	return &association{c, u}, nil
}

// ask sends a datagram, again if nothing comes back in a second.
func (a *association) ask(text string) (string, error) {
	packet := append([]byte{0, 0, 0}, socksRequest(0, echo())[3:]...)
	packet = append(packet, text...)
	for end := time.Now().Add(patience); ; {
		if _, err := a.u.Write(packet); err != nil {
			return "", err
		}
		if err := a.u.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			return "", err
		}
		b := make([]byte, 2000)
		n, err := a.u.Read(b)
		if err == nil {
			if n < 10 {
				return "", wrongf("a datagram of %d bytes", n)
			}
			return string(b[10:n]), nil
		}
		if time.Now().After(end) {
			return "", err
		}
	}
}

func (a *association) close() {
	if a != nil {
		a.c.Close()
		a.u.Close()
	}
}

func (socks) trial(addr string, rnd *rand.Rand, t *transcript) trial {
	return &socksTrial{addr: addr, rnd: rnd, t: t}
}

// socksTrial leaves bytes under way in tunnels, requests that have been sent in half, and
// associations.
type socksTrial struct {
	addr string
	rnd  *rand.Rand
	t    *transcript

	tunnel, full net.Conn
	sent         []byte // into full, where nobody reads what comes back
	greeting     net.Conn
	request      net.Conn
	used, fresh  *association
	conns        []net.Conn
}

func (s *socksTrial) before() (err error) {
	for _, c := range []*net.Conn{&s.tunnel, &s.full} {
		if *c, _, err = socksDial(s.addr, socksConnect, echo()); err != nil {
			return err
		}
	}
	if err := exchange(s.tunnel, randomBytes(s.rnd, 5000)); err != nil {
		return err
	}
	s.sent = randomBytes(s.rnd, 200_000)
	if _, err := s.full.Write(s.sent); err != nil {
		return err
	}
	for _, c := range []*net.Conn{&s.greeting, &s.request} {
		if *c, err = net.Dial("tcp", s.addr); err != nil {
			return err
		}
		s.conns = append(s.conns, *c)
		(*c).SetDeadline(time.Now().Add(2 * patience))
	}
	if _, err := s.greeting.Write([]byte{5, 1}); err != nil {
		return err
	}
	if err := socksGreet(s.request); err != nil {
		return err
	}
	if _, err := s.request.Write(socksRequest(socksConnect, echo())[:6]); err != nil {
		return err
	}
	if s.used, err = associate(s.addr); err != nil {
		return err
	}
	if _, err = s.used.ask("before"); err != nil {
		return err
	}
	s.fresh, err = associate(s.addr)
	return err
}

func (s *socksTrial) after() error {
	got := make([]byte, len(s.sent))
	s.full.SetDeadline(time.Now().Add(patience))
	n, err := io.ReadFull(s.full, got)
	s.t.add("bytes under way: %d, right: %t, %v", n, bytes.Equal(got, s.sent), err)
	for _, c := range []net.Conn{s.tunnel, s.full} {
		s.t.add("more of them: %v", exchange(c, randomBytes(s.rnd, 50_000)))
		s.t.add("closed in one direction: %v", c.(*net.TCPConn).CloseWrite())
		_, err := c.Read(make([]byte, 1))
		s.t.add("and then in the other: %v", err)
	}
	// The greeting and the request of the first, and the rest of the second's.
	var answer [2]byte
	if _, err := s.greeting.Write([]byte{0}); err != nil {
		return err
	}
	_, err = io.ReadFull(s.greeting, answer[:])
	s.t.add("a greeting that was sent in half: %v, %v", answer, err)
	rest := [][]byte{socksRequest(socksConnect, echo()), socksRequest(socksConnect, echo())[6:]}
	for i, c := range []net.Conn{s.greeting, s.request} {
		if _, err := c.Write(rest[i]); err != nil {
			return err
		}
		_, err := socksReply(c)
		s.t.add("a request on a connection that was there: %v", err)
		s.t.add("and through it: %v", exchange(c, randomBytes(s.rnd, 1000)))
	}
	for i, a := range []*association{s.used, s.fresh, s.used} {
		got, err := a.ask(fmt.Sprintf("%x", s.rnd.Uint64()))
		s.t.add("a datagram of an association that was there, %d: %s, %v", i, got, err)
	}
	s.used.c.Close()
	return s.others()
}

// others are requests that begin behind the update.
func (s *socksTrial) others() error {
	a, err := associate(s.addr)
	if err != nil {
		return err
	}
	defer a.close()
	got, err := a.ask("later")
	s.t.add("a datagram of a later association: %s, %v", got, err)
	_, _, err = socksDial(s.addr, socksConnect, &net.TCPAddr{IP: echo().IP, Port: 1})
	s.t.add("nobody listens there: %v", err)
	_, _, err = socksDial(s.addr, 2, echo())
	s.t.add("a command that is not supported: %v", err)
	_, _, err = socksDial(s.addr, 9, echo())
	s.t.add("a command that is none: %v", err)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte{5, 1, 2}); err != nil {
		return err
	}
	var answer [2]byte
	n, err := io.ReadFull(c, answer[:])
	s.t.add("a method that is not offered: %v, %d, %v", answer, n, err)
	return nil
}

func (s *socksTrial) close() {
	for _, c := range append(s.conns, s.tunnel, s.full) {
		closeConn(c)
	}
	s.used.close()
	s.fresh.close()
}
