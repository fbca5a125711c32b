package live

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	fireRequests = flag.Int("fire.requests", 2000, "malformed requests in TestEndpointUnderFire")
	fireFiles    = flag.Int("fire.files", 100, "damaged update files in TestEndpointUnderFire")
	fireSeed     = flag.Uint64("fire.seed", 1, "what they are made from")
)

// A burden is what a process has taken.
type burden struct{ heap, goroutines, files, mapped, peak int }

func (p *Process) burden() (b burden) {
	p.t.Helper()
	_, err := fmt.Sscan(p.Ask("heap"), &b.heap, &b.goroutines)
	require.NoError(p.t, err)
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID()))
	require.NoError(p.t, err)
	b.files, b.mapped = len(fds), p.mapped()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	require.NoError(p.t, err)
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	_, err = fmt.Sscan(peak, &b.peak)
	require.NoError(p.t, err)
	return b
}

// TestEndpointUnderFire: malformed requests and damaged files get an error each that
// says what is wrong, and that is all that comes of them: nothing is loaded, and the process
// has no more goroutines, descriptors, mappings and memory than before.
func TestEndpointUnderFire(t *testing.T) {
	t.Parallel()
	good := signedCopy(t, trust2.Update(t), "a")
	data, err := os.ReadFile(good)
	require.NoError(t, err)
	byB, err := os.ReadFile(signedCopy(t, trust2.Update(t), "b"))
	require.NoError(t, err)
	for i, where := range []string{"socket", "tcp"} {
		t.Run(where, func(t *testing.T) {
			addr, network := filepath.Join(t.TempDir(), "s"), "unix"
			if where == "tcp" {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				addr, network = l.Addr().String(), "tcp"
				l.Close()
			}
			log := filepath.Join(t.TempDir(), "log")
			p := StartWith(t, addr, []string{"UPSTARE_TRUST=" + keyFile(t, "a.pub"), "UPSTARE_AUDIT=" + log}, trust1.Exe(t))
			require.Equal(t, "ready", p.Line())
			g, seed := &gun{t: t, network: network, addr: addr}, 2**fireSeed+uint64(i)
			g.ready()

			// What is kept of requests, results of updates and what buffers have grown to, is there
			// before anything is measured.
			g.requests(400, seed+1000)
			g.files(120, seed+1000, data, byB)
			before := p.burden()
			g.requests(*fireRequests/2, seed)
			g.files(*fireFiles/2, seed, data, byB)
			if t.Failed() {
				return
			}

			var after burden
			for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // connections end behind their last answer
				after = p.burden()
				if after.goroutines <= before.goroutines && after.files <= before.files || time.Now().After(end) {
					break
				}
			}
			t.Logf("before %+v, after %+v (bytes, numbers, kB)", before, after)
			require.LessOrEqual(t, after.goroutines, before.goroutines)
			require.LessOrEqual(t, after.files, before.files)
			require.Equal(t, 0, after.mapped, "nothing was mapped")
			require.LessOrEqual(t, after.heap, before.heap+1<<20)
			require.LessOrEqual(t, after.peak, before.peak+(16<<10), "at no time was there more memory")
			require.Equal(t, "r1", p.Ask("release"))

			_, answer := g.framed("GET", "/v1/status", "", "")
			var s struct {
				Release struct{ Number int }
				Update  any
			}
			require.NoError(t, json.Unmarshal([]byte(answer), &s))
			require.Equal(t, 1, s.Release.Number)
			require.Nil(t, s.Update)
			auditLines(t, log)

			status, answer := g.framed("POST", "/v1/updates", "", good)
			require.Equal(t, 200, status, answer)
			require.Equal(t, "r2", p.Ask("release"))
			require.NotZero(t, p.mapped())
		})
	}
}

// auditLines reads the log: each line is whole, and none says that anything was committed.
func auditLines(t *testing.T, log string) {
	t.Helper()
	f, err := os.Open(log)
	require.NoError(t, err)
	defer f.Close()
	outcomes := map[string]int{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		var l struct{ Outcome string }
		require.NoError(t, json.Unmarshal(s.Bytes(), &l), s.Text())
		outcomes[l.Outcome]++
	}
	require.NoError(t, s.Err())
	t.Logf("the log has lines of %v", outcomes)
	require.NotZero(t, outcomes["refused"])
	require.NotZero(t, outcomes["undone"])
	require.Equal(t, outcomes["accepted"], outcomes["undone"])
	require.Len(t, outcomes, 3)
}

// A gun sends what should not be sent.
type gun struct {
	t             *testing.T
	network, addr string
}

// ready waits until the process listens.
func (g *gun) ready() {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if c, err := net.Dial(g.network, g.addr); err == nil {
			c.Close()
			return
		}
	}
	g.t.Fatal("the process does not listen")
}

func (g *gun) host() string {
	if g.network == "tcp" {
		return g.addr
	}
	return "localhost"
}

// framed sends one request in good form, on a connection of its own.
func (g *gun) framed(method, target, header, body string) (int, string) {
	return g.send(method, false, method+" "+target+" HTTP/1.1\r\nHost: "+g.host()+"\r\nConnection: close\r\n"+header+"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
}

// raw sends bytes, and says that no more will come. It returns the status and what follows the header
// of the first answer; 0 if there is none.
func (g *gun) raw(method, text string) (int, string) { return g.send(method, true, text) }

func (g *gun) send(method string, end bool, text string) (int, string) {
	c, err := net.Dial(g.network, g.addr)
	if err != nil {
		g.t.Error(err)
		return 0, ""
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	go func() { // it may be answered before it is read to its end
		io.WriteString(c, text)
		if end {
			c.(interface{ CloseWrite() error }).CloseWrite()
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		g.t.Errorf("nothing is said to %.200q", text)
	}
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return resp.StatusCode, err.Error()
	}
	return resp.StatusCode, string(b)
}

// requests sends n malformed requests, from several clients at a time.
func (g *gun) requests(n int, seed uint64) {
	g.t.Helper()
	const clients = 8
	var wg sync.WaitGroup
	var mu sync.Mutex
	said := map[string]int{}
	for i := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for range (n + clients - 1) / clients {
				what := g.request(r)
				if g.t.Failed() {
					return
				}
				mu.Lock()
				said[what]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	g.t.Logf("requests: %v", said)
}

// request sends one, and says what came.
func (g *gun) request(r *rand.Rand) string {
	kinds := []func(*rand.Rand) string{g.badBody, g.badQuery, g.badTarget, g.badFrame, g.garbage, g.badHost, g.changed}
	return kinds[r.IntN(len(kinds))](r)
}

// coded wants an error with one of the codes.
func (g *gun) coded(status int, answer, sent string, codes ...string) string {
	var m struct {
		Error *struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(answer), &m); err != nil || m.Error == nil || status < 400 || !slices.Contains(codes, m.Error.Code) || m.Error.Message == "" || len(m.Error.Message) > 6000 {
		g.t.Errorf("%.300q: answered %d %.500q (%v), want %v", sent, status, answer, err, codes)
		return "wrong"
	}
	return m.Error.Code
}

var refusals = []string{"UP2011", "UP2021", "UP2004"} // not understood; no such file; another client's turn

func scribble(r *rand.Rand, most int) string {
	b := make([]byte, r.IntN(most+1))
	for i := range b {
		switch r.IntN(4) {
		case 0:
			b[i] = byte(r.Uint32())
		default:
			b[i] = " /%.:;?&={}[]\",'\\abcpathPATHupdates019\n\t"[r.IntN(40)]
		}
	}
	return string(b)
}

func (g *gun) badBody(r *rand.Rand) string {
	bodies := []string{
		"", "{", "{}", "null", "[]", `"x"`, `{"path": 1}`, `{"path": null}`, `{"path": {"path": "/x"}}`, `{"path": ["/x"]}`, `{"file": "/x"}`, `{"path": "x"}`, `{"path": "/x"} {"path": "/y"}`, `{"path": "/x",}`,
		`{"path": "/` + strings.Repeat("x", r.IntN(9000)) + `"}`, strings.Repeat("[", 1+r.IntN(60000)), strings.Repeat(`{"path":`, 1+r.IntN(7000)), "/" + strings.Repeat("../", r.IntN(1000)) + "missing",
		"\x00", "/\x00", "/proc/self/mem/x", `{"path": "/\ud800"}`, `{"path": "\u0000"}`, "{" + scribble(r, 2000), "/" + scribble(r, 300) + "/x", scribble(r, 3000),
	}
	body := bodies[r.IntN(len(bodies))]
	kind := []string{"application/json", "text/plain", "application/json; charset=" + strings.Repeat("x", r.IntN(100)), "multipart/form-data; boundary=x", "a;b;c", ""}[r.IntN(6)]
	status, answer := g.framed("POST", "/v1/updates", "Content-Type: "+kind+"\r\n", body)
	return g.coded(status, answer, body, refusals...)
}

func (g *gun) badQuery(r *rand.Rand) string {
	values := []string{"x", "-1s", "1e9h", "9999999h", "%zz", "1;2", "%00", "NaN", strings.Repeat("9", 1+r.IntN(3000)), "1s&wait=2s", "1&dry_run=0", "0x1p9", "１s"}
	q := []string{"wait", "timeout", "dry_run", "dry-run", "Wait", "path", strings.Repeat("w", 1+r.IntN(2000))}[r.IntN(7)] + "=" + values[r.IntN(len(values))]
	if r.IntN(3) == 0 {
		q += "&x=" + strings.Repeat("&a", r.IntN(500))
	}
	status, answer := g.framed("POST", "/v1/updates?"+q, "", "/missing")
	return g.coded(status, answer, q, refusals...)
}

func (g *gun) badTarget(r *rand.Rand) string {
	method := []string{"GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"}[r.IntN(8)]
	target := []string{"/", "/v1", "/v2/status", "/v1/status/", "//v1/status", "/v1/../v1/status", "/v1/./updates", "/v1/updates/" + strings.Repeat("9", 1+r.IntN(3000)), "/v1/updates/-1", "/v1/updates/%2e%2e", "/v1/updates/1/2",
		"/v1/updates/%00", "*", "/v1/updates/none?x=" + strings.Repeat("%41", r.IntN(500)), "/V1/STATUS", "/v1%2fstatus", "/debug/pprof/", "/v1/updates/..%2f..%2fetc%2fpasswd"}[r.IntN(18)]
	status, answer := g.framed(method, target, "", "")
	if status == 400 && target == "*" { // net/http refuses it itself
		return "400"
	}
	return g.coded(status, answer, method+" "+target, "UP2011")
}

func (g *gun) badHost(r *rand.Rand) string {
	if g.network != "tcp" {
		return g.badTarget(r)
	}
	headers := []string{
		"Host: evil.example\r\n", "Host: " + g.addr + ".evil.example\r\n", "Host: " + g.addr + "\r\nOrigin: http://evil.example\r\n", "Host: " + g.addr + "\r\nOrigin: null\r\n",
		"Host: 127.0.0.1\r\n", "Host: " + g.addr + "\r\nOrigin: http://" + g.addr + "\r\nOrigin: http://evil.example\r\n", "Host: " + g.addr + "\r\nOrigin: " + strings.Repeat("x", r.IntN(3000)) + "\r\n", "Host:\r\n",
	}
	h := headers[r.IntN(len(headers))]
	if strings.HasSuffix(h, "Origin: \r\n") { // none
		h = headers[0]
	}
	status, answer := g.raw("POST", "POST /v1/updates HTTP/1.1\r\n"+h+"Content-Length: 8\r\n\r\n/missing")
	return g.coded(status, answer, h, "UP2012")
}

// badFrame is HTTP that is none: what net/http refuses, without a code of ours.
func (g *gun) badFrame(r *rand.Rand) string {
	head := "POST /v1/updates HTTP/1.1\r\nHost: " + g.host() + "\r\n"
	texts := []string{
		"GET /v1/status HTTP/9.9\r\n\r\n", "GET /v1/status\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /v1/status HTTP/1.1\r\n\r\n", // no Host
		head + "Content-Length: -1\r\n\r\n", head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", head + "Content-Length: 99999999999999999999\r\n\r\n", head + "Transfer-Encoding: gzip\r\n\r\n",
		head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n1\r\nx\r\n",
		head + "Content-Length: 100\r\n\r\nshort", head + "A b: c\r\n\r\n", head + ": c\r\n\r\n", head + "X: " + strings.Repeat("x", 17<<10+r.IntN(30000)) + "\r\n\r\n", head + strings.Repeat("X: y\r\n", 5000) + "\r\n",
		head + "Content-Length: 70000\r\n\r\n" + strings.Repeat("x", 70000), head + "X: \x00\r\n\r\n", "\r\n\r\n\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", head + "Expect: wonders\r\nContent-Length: 1\r\n\r\nx",
	}
	text := texts[r.IntN(len(texts))]
	status, answer := g.raw("POST", text)
	if status == 0 && strings.Trim(text, "\r\n") == "" {
		return "closed" // no request at all
	}
	if status < 400 || status >= 600 || answer == "" && status != 417 {
		g.t.Errorf("%.200q: answered %d %.200q", text, status, answer)
	}
	return strconv.Itoa(status)
}

// garbage is bytes.
func (g *gun) garbage(r *rand.Rand) string {
	b := make([]byte, 1+r.IntN(4000))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	b[0] |= 0x80 // no method begins so
	status, answer := g.raw("GET", string(b))
	if status != 400 && status != 431 && status != 501 && status != 505 {
		g.t.Errorf("%d bytes of garbage: answered %d %.200q", len(b), status, answer)
	}
	return strconv.Itoa(status)
}

// changed is a good request with bytes changed, which for once may be good still. It names
// a file that is not there.
func (g *gun) changed(r *rand.Rand) string {
	b := []byte("POST /v1/updates?wait=1s HTTP/1.1\r\nHost: " + g.host() + "\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" + `{"path": "/missing"}`)
	for range 1 + r.IntN(4) {
		switch i := r.IntN(len(b)); r.IntN(3) {
		case 0:
			b[i] ^= 1 << r.IntN(8)
		case 1:
			b = slices.Delete(b, i, i+1)
		default:
			b = slices.Insert(b, i, byte(r.Uint32()))
		}
	}
	status, answer := g.raw("POST", string(b))
	if status == 200 && strings.Contains(answer, `"updates"`) {
		return "a list" // it has become a GET
	}
	if status == http.StatusAccepted && strings.Contains(answer, `"running"`) {
		return "gone" // it was good, and the client had gone before it was decided
	}
	if status != 0 && (status < 400 || status >= 600) {
		g.t.Errorf("%q: answered %d %.200q", b, status, answer)
	}
	return strconv.Itoa(status)
}

// files hands over n damaged files, each at a time.
func (g *gun) files(n int, seed uint64, good, other []byte) {
	g.t.Helper()
	r := rand.New(rand.NewPCG(seed, 99))
	name := filepath.Join(g.t.TempDir(), "damaged.update")
	said := map[string]int{}
	for range n {
		what, data, codes := damaged(r, good, other)
		require.NoError(g.t, os.WriteFile(name, data, 0o600))
		status, answer := g.framed("POST", "/v1/updates", "", name)
		said[what+" "+g.coded(status, answer, what, codes...)]++
		if g.t.Failed() {
			return
		}
	}
	g.t.Logf("files: %v", said)
}

const (
	fileHeader = 64
	digestAt   = 32
	sigLength  = 24
)

// damaged is a file that was good, and how it may be refused.
func damaged(r *rand.Rand, good, other []byte) (what string, data []byte, codes []string) {
	le := binary.LittleEndian
	sig := int(le.Uint32(good[sigLength:]))
	body := len(good) - sig
	data = bytes.Clone(good)
	switch r.IntN(12) {
	case 0:
		i := r.IntN(body-fileHeader) + fileHeader
		data[i] ^= 1 << r.IntN(8)
		return "bit of the body", data, []string{"UP2024"}
	case 1:
		i := r.IntN(fileHeader)
		data[i] ^= 1 << r.IntN(8)
		return "bit of the header", data, []string{"UP2022", "UP2023", "UP2024", "UP2025", "UP2044"}
	case 2:
		i := body + r.IntN(sig)
		data[i] ^= 1 << r.IntN(8)
		return "bit of the signature", data, []string{"UP2024", "UP2043", "UP2044"}
	case 3:
		return "cut", data[:r.IntN(len(data))], []string{"UP2023"}
	case 4:
		return "longer", append(data, make([]byte, 1+r.IntN(100000))...), []string{"UP2024"}
	case 5:
		at := []int{12, 16, 24, 28}[r.IntN(4)]
		le.PutUint32(data[at:], r.Uint32()|1<<31)
		return "length", data, []string{"UP2024"}
	case 6:
		le.PutUint32(data[sigLength:], 0)
		return "signature taken off", data[:body], []string{"UP2042"}
	case 7:
		return "another's signature", append(data[:body:body], other[len(other)-sig:]...), []string{"UP2043"}
	case 8: // a good digest, under the signature of what it was
		data[fileHeader+r.IntN(body-fileHeader)] ^= 1 << r.IntN(8)
		h := sha256.New()
		h.Write(data[:sigLength])
		h.Write(data[fileHeader:body])
		h.Sum(data[digestAt:digestAt])
		return "signed before", data, []string{"UP2044"}
	case 9:
		copy(data[body+4:], data[body+sig-64:]) // shifted within the entry
		return "signature shifted", data, []string{"UP2043"}
	case 10:
		for i := range min(4096, len(data)) {
			data[i] = byte(r.Uint32())
		}
		return "garbage", data, []string{"UP2022"}
	default:
		n := r.IntN(body-fileHeader-5000) + fileHeader
		copy(data[n:n+4096], make([]byte, 4096))
		data[n] = ^good[n]
		return "a page gone", data, []string{"UP2024"}
	}
}
