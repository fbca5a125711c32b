package live

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var chromium = flag.Bool("chromium", false, "TestChat has a page open in a headless Chromium, too")

// remembered is how many messages a room of the server keeps.
const remembered = 100

var chats = func() (l []*Shared) {
	var from *Shared
	for i := range 5 {
		dir := fmt.Sprint("../../examples/chat/r", i+1)
		from = &Shared{Source: func(testing.TB) string { return dir }, From: from, Last: i == 4}
		l = append(l, from)
	}
	return l
}()

// TestChat: a chat server is carried through all its releases while clients talk, by
// WebSockets and by requests, and listen, by WebSockets, Server-Sent Events and requests
// that wait. No connection ends, and every client gets every message of its room once and
// in order. Some stay where they are from the first release to the last: clients to whom
// nothing is said, and those who wait for a room whose lock is held by somebody who waits
// for a client that does not read.
func TestChat(t *testing.T) {
	t.Parallel()
	last := chats[len(chats)-1]
	last.Update(t) // builds all of them: clients that are connected do not wait for that
	newest := fmt.Sprint("r", len(chats))
	p := Start(t, chats[0].Exe(t), "-addr", "127.0.0.1:0")
	addr := strings.TrimPrefix(p.Line(), "listening on ")
	server := &chatServer{t: t, addr: addr}

	// A client that does not read: who says something waits for it, and holds the room's lock.
	stuck := server.room("stuck")
	slow := stuck.events("slow", "beat=1h")
	asked, answers := atomic.Int32{}, make(chan string, 2)
	big := strings.Repeat("x", 100_000)
	go func() {
		for n := 1; ; n++ {
			asked.Store(int32(n))
			answer := server.post("stuck", "loud", fmt.Sprint(n, " ", big))
			if !strings.HasPrefix(answer, "r1 ") {
				answers <- answer
				return
			}
		}
	}()
	for n, times := int32(0), 0; times < 100 && !t.Failed(); times++ { // nobody runs, and there is no answer
		if now := asked.Load(); now != n || p.Status()["records"].(map[string]any)["running"] != 0.0 {
			n, times = now, 0
		}
	}
	go func() { answers <- server.post("stuck", "patient", "1 waited") }()

	// Clients to whom nothing is said.
	quiet := server.room("quiet")
	idle := []*chatClient{quiet.listen("idle events", "beat=1h"), quiet.connect("idle socket", "beat=1h")}
	waited := make(chan string, 1)
	go func() { waited <- server.get("/next?room=quiet") }()

	// What a room remembers.
	told := []string{}
	tell := func(release string) {
		t.Helper()
		require.Equal(t, fmt.Sprintln(release, len(told)+1), server.post("archive", release, "in "+release))
		told = append(told, release+": in "+release)
		var list []chatMessage
		require.NoError(t, json.Unmarshal([]byte(server.get("/history?room=archive")), &list))
		got := []string{}
		for i, m := range list {
			require.Equal(t, i+1, m.ID)
			require.Equal(t, m.From != "r1", m.At != "", "only release 1 does not know when a message came")
			got = append(got, m.From+": "+m.Text)
		}
		require.Equal(t, told, got)
	}

	// Everybody else talks and listens.
	lobby := server.room("lobby")
	page := func(what string) (answer string) { return "" }
	if *chromium {
		page = openPage(t, addr).Ask
	}
	for i := range 4 {
		lobby.listen(fmt.Sprint("listener ", i), "beat=1h")
		lobby.listen(fmt.Sprint("restless listener ", i), "beat=5ms")
		lobby.connect(fmt.Sprint("socket ", i), "beat=1h")
		lobby.connect(fmt.Sprint("restless socket ", i), "beat=5ms")
		lobby.connect(fmt.Sprint("talker ", i), "beat=1h").talk()
		lobby.connect(fmt.Sprint("restless talker ", i), "beat=5ms").talk()
	}
	lobby.poll("poller")
	lobby.talker("poster", func(text string) { server.post("lobby", "poster", text) })
	lobby.progress(50)
	tell("r1")
	for i, u := range chats[1:] {
		release := fmt.Sprint("r", i+2)
		o := p.MustUpdate(u.Update(t))
		t.Logf("to %s: %v goroutines rebuilt, %v parked, stopped for %.1f ms", release, o.Result["rebuilt"], o.Result["parked"], o.Result["stop_ns"].(float64)/1e6)
		require.Equal(t, release, strings.Fields(server.get("/release"))[0])
		tell(release)
		lobby.progress(50)
		page("say " + fmt.Sprint(i+1))
		lobby.listen("listener of "+release, "beat=5ms")
		lobby.connect("talker of "+release, "beat=5ms").talk()
		lobby.progress(20)
	}
	require.Equal(t, newest, release(p))
	require.Eventually(t, func() bool { return server.get("/release") != newest+" 0\n" }, patience, time.Millisecond,
		"the janitor that the program was not started with works")
	require.Equal(t, float64(p.PID()), p.Status()["pid"])
	lobby.end()
	if *chromium {
		require.Equal(t, "events opened 1 failed 0 in order, socket opened 1 failed 0 in order", page(fmt.Sprint("until ", len(lobby.order))))
		var lines []string
		require.NoError(t, json.Unmarshal([]byte(page("lines")), &lines))
		require.Equal(t, lobby.order, lines)
		require.Equal(t, 4, lobby.counts["guest"])
		require.Equal(t, "chat", page("open"))
		t.Logf("the page was open over all releases and has %d messages", len(lines))
	}

	// Those that have waited since release 1 go on in the newest one.
	for _, c := range idle {
		require.Zero(t, c.last)
	}
	require.Equal(t, newest+" 1\n", server.post("quiet", "friend", "1 at last"))
	quiet.everybody(1)
	require.Contains(t, <-waited, `"text":"1 at last"`)
	go slow.run()
	stuck.everybody(int(asked.Load()) + 1)
	for range 2 {
		require.True(t, strings.HasPrefix(<-answers, newest+" "))
	}

	// Functions that foreign code has held since release 1 are called: of a context, when a
	// client has gone, and of a timer, for a client that is sent away.
	members := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return server.get("/members?room=quiet") == want+"\n" }, patience, time.Millisecond)
	}
	members(`["idle events 0 0 1","idle socket 0 0 1"]`)
	idle[0].close()
	members(`["idle socket 0 0 1"]`)
	require.Equal(t, "r5 rules: 1\n", server.post("quiet", "friend", "/quiet friend"))
	require.Equal(t, "friend may not talk here\n", server.refused("quiet", "friend", "2 not this"))
	idle[1].leave()
	require.Equal(t, "r5 kicked 1\n", server.post("quiet", "friend", "/kick idle socket"))
	quiet.told(idle[1], "goodbye")
	members(`[]`)
	quiet.everybody(1)
	t.Logf("%d messages", len(lobby.order))
}

// openPage opens the server's page in a browser, and does not close it before the test is over.
func openPage(t *testing.T, addr string) *Process {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatal("chromium is not installed: Debian has it under that name")
	}
	exe := filepath.Join(t.TempDir(), "browser")
	cmd := exec.Command("go", "build", "-o", exe, ".")
	cmd.Dir, cmd.Env = "../../examples/chat/browser", append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	p := Start(t, exe, "http://"+addr+"/")
	require.Equal(t, "open", p.Line())
	return p
}

// A chatServer is what the clients of examples/chat speak to.
type chatServer struct {
	t    *testing.T
	addr string
	over atomic.Bool // the test is: what ends, may
}

func (s *chatServer) get(path string) string {
	resp, err := http.Get("http://" + s.addr + path)
	return s.answer(resp, err)
}

func (s *chatServer) post(room, name, text string) string {
	resp, err := http.Post(s.say(room, name), "text/plain", strings.NewReader(text))
	return s.answer(resp, err)
}

func (s *chatServer) say(room, name string) string {
	return fmt.Sprintf("http://%s/say?room=%s&name=%s", s.addr, room, name)
}

func (s *chatServer) answer(resp *http.Response, err error) string {
	var b []byte
	if err == nil {
		defer resp.Body.Close()
		if b, err = io.ReadAll(resp.Body); err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d: %s", resp.StatusCode, b)
		}
	}
	if err != nil && !s.over.Load() {
		s.t.Error(err)
	}
	return string(b)
}

// refused is what the server says to who may not say that.
func (s *chatServer) refused(room, name, text string) string {
	resp, err := http.Post(s.say(room, name), "text/plain", strings.NewReader(text))
	require.NoError(s.t, err)
	defer resp.Body.Close()
	require.Equal(s.t, http.StatusForbidden, resp.StatusCode)
	b, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return string(b)
}

type chatMessage struct {
	ID             int
	From, Text, At string
	Notice         string // of the server; it is no message then
}

// A chatRoom knows what its clients have got: all of them the same, and of each who talks
// "1 …", "2 …" and so on.
type chatRoom struct {
	*chatServer
	name    string
	clients []*chatClient

	mu      sync.Mutex
	more    *sync.Cond      // something has come
	order   []string        // the messages
	counts  map[string]int  // how many are from each
	talkers map[string]bool // that have not ended
	ending  bool            // they are to
	broken  bool            // something is wrong that has been reported
}

func (s *chatServer) room(name string) *chatRoom {
	r := &chatRoom{chatServer: s, name: name, counts: map[string]int{}, talkers: map[string]bool{}}
	r.more = sync.NewCond(&r.mu)
	return r
}

// A chatClient is a connection, which must not end.
type chatClient struct {
	room *chatRoom
	name string
	conn net.Conn
	read func() (chatMessage, error)

	// Under the room's lock.
	last    int // number of the last message that it has got
	notices []string
	closed  bool // it may end
}

// wrong reports what is wrong. r.mu is held.
func (r *chatRoom) wrong(format string, args ...any) {
	if !r.broken && !r.over.Load() {
		r.t.Errorf(r.name+": "+format, args...)
	}
	r.broken = true
	r.more.Broadcast()
}

// take checks a message that the client has got.
func (c *chatClient) take(m chatMessage) {
	r := c.room
	text := m.From + ": " + m.Text
	switch {
	case m.ID != c.last+1:
		r.wrong("%s: message %d behind %d", c.name, m.ID, c.last)
	case m.ID <= len(r.order) && r.order[m.ID-1] != text:
		r.wrong("%s: message %d is %.100q, others have %.100q", c.name, m.ID, text, r.order[m.ID-1])
	case m.ID > len(r.order)+1:
		r.wrong("%s: message %d, others have only %d", c.name, m.ID, len(r.order))
	case m.ID == len(r.order)+1:
		number, _, _ := strings.Cut(m.Text, " ")
		if n, err := strconv.Atoi(number); err != nil || n != r.counts[m.From]+1 {
			r.wrong("%s: message %d is %.100q, behind number %d", c.name, m.ID, text, r.counts[m.From])
		}
		r.counts[m.From]++
		r.order = append(r.order, text)
	}
	c.last = m.ID
	r.more.Broadcast()
}

// run takes what comes.
func (c *chatClient) run() {
	r := c.room
	for done := false; !done; {
		m, err := c.read()
		r.mu.Lock()
		switch {
		case err == nil && m.Notice != "":
			c.notices = append(c.notices, m.Notice)
			r.more.Broadcast()
		case err == nil:
			c.take(m)
		case !c.closed:
			r.wrong("%s: %v", c.name, err)
		}
		done = r.broken || err != nil
		r.mu.Unlock()
	}
}

// leave says that the connection may end.
func (c *chatClient) leave() {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	c.closed = true
}

func (c *chatClient) close() {
	c.leave()
	c.conn.Close()
}

// told waits until a client has got a notice.
func (r *chatRoom) told(c *chatClient, notice string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wait(c.name+" is not told "+notice, func() bool { return slices.Contains(c.notices, notice) })
}

// slowest is how many messages every client has. r.mu is held.
func (r *chatRoom) slowest() int {
	n := len(r.order)
	for _, c := range r.clients {
		if !c.closed {
			n = min(n, c.last)
		}
	}
	return n
}

// talker says "1", "2" and so on until the end: each when the one before has come back, and
// not when somebody is far behind.
func (r *chatRoom) talker(name string, say func(text string)) {
	r.mu.Lock()
	r.talkers[name] = true
	r.mu.Unlock()
	go func() {
		for n := 1; ; n++ {
			say(fmt.Sprint(n))
			r.mu.Lock()
			for !r.broken && (r.counts[name] < n || !r.ending && r.slowest() < len(r.order)-remembered/2) {
				r.more.Wait()
			}
			end := r.broken || r.ending
			if end {
				delete(r.talkers, name)
				r.more.Broadcast()
			}
			r.mu.Unlock()
			if end {
				return
			}
		}
	}()
}

func (c *chatClient) talk() { c.room.talker(c.name, c.send) }

// wait waits until holds says true. r.mu is held.
func (r *chatRoom) wait(what string, holds func() bool) {
	r.t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		late = true
		r.more.Broadcast()
	})
	defer timer.Stop()
	for !r.broken && !late && !holds() {
		r.more.Wait()
	}
	if late {
		for _, c := range r.clients {
			r.t.Logf("%s has %d of %d messages", c.name, c.last, len(r.order))
		}
		r.t.Fatalf("%s: %s", r.name, what)
	}
	if r.broken {
		r.t.FailNow()
	}
}

// everybody waits until all clients have n messages.
func (r *chatRoom) everybody(n int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wait(fmt.Sprint("not everybody has ", n, " messages"), func() bool { return r.slowest() >= n })
}

// progress waits until everybody has n messages more, and everybody who talks is heard.
func (r *chatRoom) progress(n int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	n += len(r.order)
	before := maps.Clone(r.counts)
	r.wait(fmt.Sprint("not everybody has ", n, " messages"), func() bool { return r.slowest() >= n })
	r.wait("not everybody is heard", func() bool {
		for name := range r.talkers {
			if r.counts[name] == before[name] {
				return false
			}
		}
		return true
	})
}

// end has everybody end who talks, and waits until all have got everything.
func (r *chatRoom) end() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ending = true
	r.more.Broadcast()
	r.wait("messages are lost", func() bool { return len(r.talkers) == 0 && r.slowest() == len(r.order) })
}

// client adds a client, which gets what comes from now on.
func (r *chatRoom) client(name string) *chatClient {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &chatClient{room: r, name: name, last: len(r.order)}
	r.clients = append(r.clients, c)
	return c
}

// dial sends a request and gives what comes behind the answer's head.
func (c *chatClient) dial(path, query, header string, status int) *bufio.Reader {
	r := c.room
	r.t.Helper()
	var err error
	c.conn, err = net.Dial("tcp", r.addr)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { r.over.Store(true); c.conn.Close() })
	_, err = fmt.Fprintf(c.conn, "GET %s?room=%s&name=%s&after=%d&%s HTTP/1.1\r\nHost: %s\r\n%s\r\n",
		path, r.name, url.QueryEscape(c.name), c.last, query, r.addr, header)
	require.NoError(r.t, err)
	in := bufio.NewReader(c.conn)
	resp, err := http.ReadResponse(in, nil)
	require.NoError(r.t, err)
	require.Equal(r.t, status, resp.StatusCode)
	if status == http.StatusOK {
		in = bufio.NewReader(resp.Body)
	}
	return in
}

// events connects a client by Server-Sent Events; it does not read yet.
func (r *chatRoom) events(name, query string) *chatClient {
	r.t.Helper()
	c := r.client(name)
	in := c.dial("/events", query, "", http.StatusOK)
	c.read = func() (m chatMessage, err error) {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return m, err
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				return m, json.Unmarshal([]byte(data), &m)
			}
		}
	}
	return c
}

// listen is events for a client that reads.
func (r *chatRoom) listen(name, query string) *chatClient {
	r.t.Helper()
	c := r.events(name, query)
	go c.run()
	return c
}

// connect connects a client by a WebSocket.
func (r *chatRoom) connect(name, query string) *chatClient {
	r.t.Helper()
	c := r.client(name)
	in := c.dial("/ws", query, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", http.StatusSwitchingProtocols)
	c.read = func() (m chatMessage, err error) {
		for {
			kind, data, err := readFrame(in)
			switch {
			case err != nil:
				return m, err
			case kind == 1:
				return m, json.Unmarshal(data, &m)
			case kind == 9:
				c.frame(10, data)
			default:
				return m, fmt.Errorf("frame of kind %d: %q", kind, data)
			}
		}
	}
	go c.run()
	return c
}

// poll has a client ask for what comes next, again and again.
func (r *chatRoom) poll(name string) {
	c := r.client(name)
	var list []chatMessage
	after := c.last
	c.read = func() (m chatMessage, err error) {
		for len(list) == 0 {
			if err = json.Unmarshal([]byte(r.get(fmt.Sprintf("/next?room=%s&after=%d", r.name, after))), &list); err != nil {
				return m, err
			}
		}
		m, list = list[0], list[1:]
		after = m.ID
		return m, nil
	}
	go c.run()
}

// readFrame reads a WebSocket's frame (RFC 6455, 5.2), as servers send it.
func readFrame(in io.Reader) (kind byte, data []byte, err error) {
	var head [10]byte
	if _, err = io.ReadFull(in, head[:2]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		_, err = io.ReadFull(in, head[2:4])
		n = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		_, err = io.ReadFull(in, head[2:10])
		n = binary.BigEndian.Uint64(head[2:])
	}
	if err == nil {
		data = make([]byte, n)
		_, err = io.ReadFull(in, data)
	}
	return head[0] & 0xf, data, err
}

// frame sends fewer than 126 bytes, masked by zeros.
func (c *chatClient) frame(kind byte, data []byte) {
	head := []byte{0x80 | kind, 0x80 | byte(len(data)), 0, 0, 0, 0}
	c.conn.Write(append(head, data...)) // if it is broken, it can be read no more
}

func (c *chatClient) send(text string) { c.frame(1, []byte(text)) }
