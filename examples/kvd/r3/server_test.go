package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// start serves on a free port and returns how to connect to it.
func start(t *testing.T) (dial func() *peer) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer()
	served := make(chan error)
	go func() { served <- srv.serve(ln) }()
	t.Cleanup(func() {
		srv.shutdown(ln)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return func() *peer {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		return &peer{t: t, conn: conn, in: bufio.NewReader(conn)}
	}
}

type peer struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// send sends inline commands, all at once.
func (p *peer) send(lines ...string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		p.t.Fatal(err)
	}
}

// want reads as many bytes as the given reply has, in which a space stands for a line's end.
func (p *peer) want(reply string) {
	p.t.Helper()
	got := make([]byte, len(strings.ReplaceAll(reply, " ", "\r\n"))+2)
	if _, err := io.ReadFull(p.in, got); err != nil {
		p.t.Fatalf("want %q: %v", reply, err)
	}
	if got := strings.ReplaceAll(strings.TrimSuffix(string(got), "\r\n"), "\r\n", " "); got != reply {
		p.t.Fatalf("got %q, want %q", got, reply)
	}
}

func TestCommands(t *testing.T) {
	p := start(t)()
	for _, tt := range []struct{ command, reply string }{
		{"PING", "+PONG"},
		{"SET k 1 NX", "+OK"},
		{"SET k 2 NX", "$-1"},
		{"INCRBY k 41", ":42"},
		{"APPEND k x", ":3"},
		{"GET k", "$3 42x"},
		{"MGET k none", "*2 $3 42x $-1"},
		{"TTL k", ":-1"},
		{"EXPIRE k 100", ":1"},
		{"TTL k", ":100"},
		{"SET k v KEEPTTL", "+OK"},
		{"TTL k", ":100"},
		{"RPUSH l a b c", ":3"},
		{"LPUSH l z", ":4"},
		{"LRANGE l -3 -2", "*2 $1 a $1 b"},
		{"RPOP l", "$1 c"},
		{"LPOP l 9", "*3 $1 z $1 a $1 b"},
		{"EXISTS l k k", ":2"},
		{"KEYS [j-l]*", "*1 $1 k"},
		{"BLPOP none 0.01", "*-1"},
		{"SET f 1", "+OK"},
		{"INCR f", ":2"},
		{"GET f", "$1 2"},
		{"OBJECT FREQ f", ":3"},
		{"OBJECT IDLETIME f", ":0"},
		{"OBJECT FREQ none", "$-1"},
		{"DEL k none f", ":2"},
		{"DBSIZE", ":0"},
	} {
		p.send(tt.command)
		p.want(tt.reply)
	}
}

func TestPipelineAndArrays(t *testing.T) {
	p := start(t)()
	p.send("*2\r\n$4\r\nINCR\r\n$1\r\nn", "INCR n", "INCR n")
	p.want(":1 :2 :3")
}

func TestTransaction(t *testing.T) {
	dial := start(t)
	p, other := dial(), dial()
	p.send("MULTI", "INCR n", "RPUSH l x", "BLPOP l 0")
	p.want("+OK +QUEUED +QUEUED +QUEUED")
	other.send("EXISTS n l")
	other.want(":0")
	p.send("EXEC", "MULTI", "DISCARD", "GET n")
	p.want("*3 :1 :1 *2 $1 l $1 x +OK +OK $1 1")
}

func TestWatchedKeyStopsTransaction(t *testing.T) {
	dial := start(t)
	p, other := dial(), dial()
	p.send("SET k 1", "WATCH k none", "MULTI", "INCR n", "EXEC")
	p.want("+OK +OK +OK +QUEUED *1 :1")
	p.send("WATCH k none", "MULTI", "INCR n")
	p.want("+OK +OK +QUEUED")
	other.send("APPEND k x")
	other.want(":2")
	p.send("EXEC", "MULTI", "INCR n", "EXEC")
	p.want("*-1 +OK +QUEUED *1 :2")
}

func TestBlockedClientsAreServedInOrder(t *testing.T) {
	dial := start(t)
	first, second, other := dial(), dial(), dial()
	first.send("BLPOP l 0", "PING")
	other.waitFor("blocked_clients:1")
	second.send("BLPOP k l 0")
	other.waitFor("blocked_clients:2")
	other.send("RPUSH l a b")
	other.want(":2")
	first.want("*2 $1 l $1 a +PONG")
	second.want("*2 $1 l $1 b")
}

func TestBlockedClientThatHangsUpTakesNothing(t *testing.T) {
	dial := start(t)
	p, other := dial(), dial()
	p.send("BLPOP l 0")
	other.waitFor("blocked_clients:1")
	p.conn.Close()
	other.waitFor("blocked_clients:0")
	other.send("RPUSH l a", "LLEN l")
	other.want(":1 :1")
}

func TestMessages(t *testing.T) {
	dial := start(t)
	p, other := dial(), dial()
	p.send("PING", "SUBSCRIBE c d")
	p.want("+PONG *3 $9 subscribe $1 c :1 *3 $9 subscribe $1 d :2")
	other.send("PUBLISH c 1", "PUBLISH d 2", "PUBLISH e 3")
	other.want(":1 :1 :0")
	p.want("*3 $7 message $1 c $1 1 *3 $7 message $1 d $1 2")
	p.send("UNSUBSCRIBE c d", "PING", "QUIT")
	p.want("*3 $11 unsubscribe $1 c :1 *3 $11 unsubscribe $1 d :0 +PONG +OK")
}

func TestExpiredKeysAreSwept(t *testing.T) {
	p := start(t)()
	p.send("SET k v PX 20")
	p.want("+OK")
	p.waitFor("db0:keys=0,expires=0")
}

// waitFor asks for INFO until it has the line.
func (p *peer) waitFor(line string) {
	p.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		p.send("INFO", "ECHO end")
		var info strings.Builder
		for !strings.HasSuffix(info.String(), "$3\r\nend\r\n") {
			s, err := p.in.ReadString('\n')
			if err != nil {
				p.t.Fatal(err)
			}
			info.WriteString(s)
		}
		if strings.Contains(info.String(), line+"\r\n") {
			return
		}
	}
	p.t.Fatalf("INFO never had %s", line)
}
