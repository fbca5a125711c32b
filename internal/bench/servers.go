package bench

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A server is started on a free port and says which.
type server struct {
	*process
	host, port string
}

func (b *bench) serve(ctx context.Context, exe string) (*server, error) {
	p, err := b.start(ctx, exe, "-addr", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l, err := p.line()
	addr, ok := strings.CutPrefix(l, "listening on ")
	if err == nil && !ok {
		err = fmt.Errorf("%s did not come up: it said %q", exe, l)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	s := &server{process: p}
	s.host, s.port, _ = strings.Cut(addr, ":")
	return s, nil
}

// served is what a client's program has measured.
type served struct {
	rate float64 // answers in a second
	p99  float64 // milliseconds
}

// loads alternates between two servers, plain and other.
func loads(runs int, ask func(*server) (served, error), servers ...*server) (rates, p99s [2][]float64, err error) {
	for run := range runs + 1 {
		for k := range 2 {
			at := (k + run) % 2
			l, err := ask(servers[at])
			if err != nil {
				return rates, p99s, err
			}
			if run > 0 { // the first one warms up
				rates[at], p99s[at] = append(rates[at], l.rate), append(p99s[at], l.p99)
			}
		}
	}
	return rates, p99s, nil
}

// servers measures servers that are not being updated.
func (b *bench) servers(ctx context.Context) error {
	if b.wantedRow("servers/kvd-P1") || b.wantedRow("servers/kvd-P16") {
		if err := b.redis(ctx, "kvd", filepath.Join(b.Root, "examples", "kvd", "r1")); err != nil {
			return err
		}
	}
	if b.wantedRow("servers/redcon-P1") || b.wantedRow("servers/redcon-P16") {
		if b.Quick {
			b.leaveAll("servers/redcon", leftOut)
		} else if err := b.redis(ctx, "redcon", filepath.Join(b.Root, "examples", "redcon", "v1.6.2"), "-instrument", "github.com/tidwall/redcon"); err != nil {
			return err
		}
	}
	if b.wantedRow("servers/http") {
		if err := b.http(ctx); err != nil {
			return err
		}
	}
	if b.wantedRow("servers/mochi") {
		if b.Quick {
			b.leaveAll("servers/mochi", leftOut)
		} else if err := b.mqtt(ctx); err != nil {
			return err
		}
	}
	return nil
}

// leaveAll says why rows whose names begin so are not measured.
func (b *bench) leaveAll(prefix, why string, args ...any) {
	for i := range b.Rows {
		if strings.HasPrefix(b.Rows[i].Name, prefix) {
			b.leave(b.Rows[i].Name, why, args...)
		}
	}
}

// both builds a program plain and instrumented, and starts both with serve.
func (b *bench) both(ctx context.Context, name, dir string, serve func(ctx context.Context, exe string) (*server, error), flags ...string) (servers []*server, err error) {
	exes := [2]string{filepath.Join(b.Work, name+"-plain"), filepath.Join(b.Work, name+"-instrumented")}
	if err := buildPlain(ctx, dir, exes[0]); err != nil {
		return nil, err
	}
	if err := b.buildRelease(ctx, dir, exes[1], "", flags...); err != nil {
		return nil, err
	}
	for _, exe := range exes {
		s, err := serve(ctx, exe)
		if err != nil {
			stopAll(servers)
			return nil, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

func stopAll(servers []*server) {
	for _, s := range servers {
		s.stop()
	}
}

// download fetches the modules of a program; without them its rows are left out.
func (b *bench) download(ctx context.Context, rows, dir string) (ok bool, err error) {
	if _, err := command(ctx, dir, nil, "go", "mod", "download"); err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		b.leaveAll(rows, "its modules cannot be had (go mod download)")
		return false, nil
	}
	return true, nil
}

// redis measures a server that speaks the Redis protocol.
func (b *bench) redis(ctx context.Context, name, dir string, flags ...string) error {
	row := "servers/" + name
	if _, err := exec.LookPath("redis-benchmark"); err != nil {
		b.leaveAll(row, "redis-benchmark is not installed (Debian: apt-get install redis-tools)")
		return nil
	}
	if ok, err := b.download(ctx, row, dir); !ok {
		return err
	}
	servers, err := b.both(ctx, name, dir, b.serve, flags...)
	if err != nil {
		return err
	}
	defer stopAll(servers)
	for _, pipeline := range []int{1, 16} {
		n := either(b, 10_000, 50_000)
		if pipeline > 1 {
			n *= 6
		}
		rates, p99s, err := loads(either(b, 6, 20), func(s *server) (served, error) { return redisBenchmark(ctx, s, n, pipeline) }, servers...)
		if err != nil {
			return err
		}
		at := fmt.Sprintf("%s-P%d", row, pipeline)
		b.set(at, figure(ratios(rates[1], rates[0])), "GET and SET, 50 connections; plain %s a second", digits(figure(rates[0]).Median))
		b.set(at+"-p99", figure(ratios(p99s[1], p99s[0])), "plain %s ms", digits(figure(p99s[0]).Median))
	}
	return nil
}

// redisBenchmark is the throughput of GET and SET together, and the mean of their p99.
func redisBenchmark(ctx context.Context, s *server, n, pipeline int) (l served, err error) {
	out, err := command(ctx, "", nil, "redis-benchmark", "-h", s.host, "-p", s.port, "-t", "get,set", "-c", "50", "-r", "10000",
		"-n", strconv.Itoa(n), "-P", strconv.Itoa(pipeline), "--csv")
	if err != nil {
		return l, err
	}
	return readRedis(out)
}

// readRedis reads redis-benchmark's table: a column rps, and one p99_latency_ms.
func readRedis(out string) (l served, err error) {
	if i := strings.Index(out, `"test"`); i > 0 { // what it complains of comes before
		out = out[i:]
	}
	table, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(table) < 2 {
		return l, fmt.Errorf("redis-benchmark: no table in %q (%v)", out, err)
	}
	columns := map[string]int{}
	for i, name := range table[0] {
		columns[name] = i
	}
	seconds := 0.0
	for _, row := range table[1:] {
		rps, err1 := strconv.ParseFloat(row[columns["rps"]], 64)
		p99, err2 := strconv.ParseFloat(row[columns["p99_latency_ms"]], 64)
		if err1 != nil || err2 != nil || rps <= 0 {
			return l, fmt.Errorf("redis-benchmark: %q", row)
		}
		seconds += 1 / rps
		l.p99 += p99 / float64(len(table)-1)
	}
	l.rate = float64(len(table)-1) / seconds
	return l, nil
}

// http measures net/http.
func (b *bench) http(ctx context.Context) error {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.leaveAll("servers/http", "wrk is not installed (Debian: apt-get install wrk)")
		return nil
	}
	dir := filepath.Join(b.Work, "http")
	if err := unpack("testdata/servers/http", dir); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module bench.test/http\n\ngo 1.26\n"), 0o666); err != nil {
		return err
	}
	servers, err := b.both(ctx, "http", dir, b.serve)
	if err != nil {
		return err
	}
	defer stopAll(servers)
	lasts := either(b, time.Second, 3*time.Second)
	rates, p99s, err := loads(either(b, 6, 20), func(s *server) (served, error) {
		out, err := command(ctx, "", nil, wrk, "-t1", "-c32", "-d"+lasts.String(), "--latency", "http://"+s.host+":"+s.port+"/visit/somebody")
		if err != nil {
			return served{}, err
		}
		return readWrk(out)
	}, servers...)
	if err != nil {
		return err
	}
	b.set("servers/http", figure(ratios(rates[1], rates[0])), "32 connections; plain %s a second", digits(figure(rates[0]).Median))
	b.set("servers/http-p99", figure(ratios(p99s[1], p99s[0])), "plain %s ms", digits(figure(p99s[0]).Median))
	return nil
}

var (
	wrkRate = regexp.MustCompile(`Requests/sec: *([0-9.]+)`)
	wrkP99  = regexp.MustCompile(`99% *([0-9.]+[a-z]+)`)
	wrkBad  = regexp.MustCompile(`Socket errors:.*|Non-2xx.*`)
)

// readWrk reads what wrk --latency prints.
func readWrk(out string) (l served, err error) {
	rate, p99 := wrkRate.FindStringSubmatch(out), wrkP99.FindStringSubmatch(out)
	if bad := wrkBad.FindString(out); bad != "" || rate == nil || p99 == nil {
		return l, fmt.Errorf("wrk: %s\n%s", bad, out)
	}
	if l.rate, err = strconv.ParseFloat(rate[1], 64); err != nil {
		return l, err
	}
	d, err := time.ParseDuration(p99[1])
	l.p99 = float64(d) / 1e6
	return l, err
}
