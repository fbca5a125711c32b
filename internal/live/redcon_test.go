package live

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// redcond is a release of examples/redcon with one command more, which shows
// redcon's release: from 1.6.0 on, WriteAny writes an error as it is.
func redcond(version string, from *Shared) *Shared {
	return &Shared{From: from, Flags: []string{"-instrument", "github.com/tidwall/redcon"}, Source: func(t testing.TB) string {
		return Copy(t, "../../examples/redcon/"+version,
			`case "config":`, `case "fail":
		conn.WriteAny(fmt.Errorf("as asked"))
	case "config":`,
			`"config": -2,`, `"config": -2, "fail": 1,`)
	}}
}

var (
	redcon150 = redcond("v1.5.0", nil)
	redcon160 = redcond("v1.6.0", redcon150)
	redcon162 = redcond("v1.6.2", redcon160).AsLast()
)

// TestRedcon: a server on redcon is carried from 1.5.0 to 1.6.0 to 1.6.2 while
// redis-benchmark runs against it. No connection breaks, every operation is
// answered, rightly, and the new release answers.
func TestRedcon(t *testing.T) {
	t.Parallel()
	benchmark, err := exec.LookPath("redis-benchmark")
	if err != nil {
		t.Skip("redis-benchmark is not installed: Debian has it in redis-tools")
	}
	p := Start(t, redcon150.Exe(t), "-addr", "127.0.0.1:0")
	addr := strings.TrimPrefix(p.Line(), "listening on ")
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)

	rounds, halt := make(chan error), make(chan struct{})
	go func() {
		defer close(rounds)
		for {
			out, err := exec.Command(benchmark, "-p", port, "-c", "20", "-n", "20000", "-r", "1000", "-q", "-t", "set,get").CombinedOutput()
			if n := strings.Count(string(out), "requests per second"); err == nil && n < 2 || strings.Contains(strings.ToLower(string(out)), "error") {
				err = fmt.Errorf("%d of 2 tests ran through", n)
			}
			if err != nil {
				err = fmt.Errorf("%v\n%s", err, out)
			}
			select {
			case rounds <- err:
			case <-halt:
				return
			}
		}
	}()
	defer func() {
		close(halt)
		for range rounds {
		}
	}()
	round := func() {
		t.Helper()
		require.NoError(t, <-rounds)
	}

	own, subscriber := dialRESP(t, addr), dialRESP(t, addr)
	require.Equal(t, ">3", subscriber.ask("SUBSCRIBE", "news")[:2])
	n := 0
	works := func(failure string) {
		t.Helper()
		for range 100 {
			require.Equal(t, "+OK", own.ask("SET", "own", fmt.Sprint(n)))
			require.Equal(t, fmt.Sprint(n), own.ask("GET", "own"))
			n++
		}
		require.Equal(t, failure, own.ask("FAIL"))
		require.Equal(t, ":1", own.ask("PUBLISH", "news", fmt.Sprint(n)))
		require.Contains(t, subscriber.reply(), fmt.Sprint(n))
	}
	round()
	works("-ERR as asked")
	for _, u := range []*Shared{redcon160, redcon162} {
		p.MustUpdate(u.Update(t))
		works("-as asked")
		round() // was under way
		round() // began later
	}
	require.Equal(t, "r3", release(p))
}

// A conn speaks RESP over one connection, which must never break.
type conn struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func dialRESP(t *testing.T, addr string) *conn {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return &conn{t, c, bufio.NewReader(c)}
}

func (c *conn) ask(words ...string) string {
	c.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	_, err := c.c.Write([]byte(b.String()))
	require.NoError(c.t, err)
	return c.reply()
}

// reply is a reply's line, a string's contents, or an array's elements after ">".
func (c *conn) reply() string {
	c.t.Helper()
	require.NoError(c.t, c.c.SetReadDeadline(time.Now().Add(patience)))
	line, err := c.r.ReadString('\n')
	require.NoError(c.t, err)
	line = strings.TrimSuffix(line, "\r\n")
	n := 0
	fmt.Sscan(line[1:], &n)
	switch line[0] {
	case '$':
		b := make([]byte, n+2)
		for i := range b {
			b[i], err = c.r.ReadByte()
			require.NoError(c.t, err)
		}
		return string(b[:n])
	case '*':
		all := fmt.Sprintf(">%d", n)
		for range n {
			all += " " + c.reply()
		}
		return all
	}
	return line
}
