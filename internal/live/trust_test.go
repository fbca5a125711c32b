package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/runtime/update"
)

const trustProgram = "../../testdata/live/trust/r1"

// What tests of trust share: keys, a release with a key built in, and its update.
var (
	trustKeys = sync.OnceValue(func() string {
		dir, err := os.MkdirTemp(tool.dir, "keys-")
		if err != nil {
			panic(err)
		}
		for _, name := range []string{"a", "b"} {
			private, public, err := update.NewKey()
			if err != nil {
				panic(err)
			}
			for ext, data := range map[string][]byte{".key": private, ".pub": public} {
				if err := os.WriteFile(filepath.Join(dir, name+ext), data, 0o600); err != nil {
					panic(err)
				}
			}
		}
		return dir
	})
	trust1 = Shared{Source: func(testing.TB) string { return trustProgram }}
	trust2 = Shared{Source: func(t testing.TB) string {
		return Copy(t, trustProgram, `"r1"`, `"r2"`, "n    int32\n\tlast string", "last string\n\tn    int32")
	}, From: &trust1}
)

func keyFile(t testing.TB, name string) string {
	Tool(t)
	return filepath.Join(trustKeys(), name)
}

// signedCopy is an update file with signatures of keys.
func signedCopy(t *testing.T, file string, keys ...string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	to := filepath.Join(t.TempDir(), strings.Join(append(keys, "x"), "")+".update")
	require.NoError(t, os.WriteFile(to, data, 0o600))
	for _, k := range keys {
		out, exit := run(t, "sign", "-key", keyFile(t, k+".key"), to)
		require.Equal(t, 0, exit, out)
	}
	return to
}

// mapped counts the process's mappings of files that are in memory alone, as updates are.
func (p *Process) mapped() int {
	p.t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.PID()))
	require.NoError(p.t, err)
	return bytes.Count(maps, []byte("memfd:upstare"))
}

// TestTrust: a process takes updates of those whom it was told of when it was started, and
// of nobody else, whatever it is told later; without being told it takes none.
func TestTrust(t *testing.T) {
	plain, file := trust1.Exe(t), trust2.Update(t)
	built := filepath.Join(t.TempDir(), "built")
	text, err := TryBuild(t, trustProgram, built, "", "-trust", keyFile(t, "a.pub"))
	require.NoError(t, err, text)
	a, b := keyFile(t, "a.pub"), keyFile(t, "b.pub")
	byNobody, byA, byB, byBoth := file, signedCopy(t, file, "a"), signedCopy(t, file, "b"), signedCopy(t, file, "b", "a")
	rotated := filepath.Join(t.TempDir(), "rotated.pub")
	keys, err := os.ReadFile(a)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(rotated, keys, 0o600))
	broken := filepath.Join(t.TempDir(), "broken.pub")
	require.NoError(t, os.WriteFile(broken, []byte("no key"), 0o600))

	for _, c := range []struct {
		name, exe, trust string
		refused          map[string]string // file → code
		taken            string            // or ""
	}{
		{"told nothing", plain, "", map[string]string{byNobody: "UP2041", byA: "UP2041"}, ""},
		{"told of a", plain, a, map[string]string{byNobody: "UP2042", byB: "UP2043"}, byBoth},
		{"told of a and b", plain, a + ":" + b, map[string]string{byNobody: "UP2042"}, byB},
		{"told to ask for nothing", plain, "unsigned", nil, byNobody},
		{"with a key built in", built, "", map[string]string{byNobody: "UP2042", byB: "UP2043"}, byA},
		{"told of another than is built in", built, b, map[string]string{byA: "UP2043"}, byBoth},
		{"told what cannot be read", built, a + ":" + broken, map[string]string{byA: "UP2041", byNobody: "UP2041"}, ""},
		{"told of a file that changes", plain, rotated, map[string]string{byB: "UP2043"}, byA},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := StartWith(t, filepath.Join(t.TempDir(), "s"), []string{"UPSTARE_TRUST=" + c.trust}, c.exe)
			require.Equal(t, "ready", p.Line())
			p.listens()
			if c.trust == rotated {
				other, err := os.ReadFile(b)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(rotated, other, 0o600))
			}
			for file, code := range c.refused {
				o := p.MustFail(code, file)
				require.Equal(t, 3, o.Exit)
				status, answer := post(p, "?dry_run=1", file)
				require.Equal(t, 403, status, answer)
				require.Equal(t, "r1", p.Ask("release"))
				require.Zero(t, p.mapped())
			}
			if c.taken != "" {
				p.MustUpdate(c.taken)
				require.Equal(t, "r2", p.Ask("release"))
				require.NotZero(t, p.mapped())
			}
			p.stop()
			require.Equal(t, strings.Contains(c.trust, broken), strings.Contains(p.Errors(), "no update will be taken"), p.Errors())
		})
	}
}

// TestTrustIsInherited: a key that was built into a release is in those that follow it;
// and build -sign does what sign does.
func TestTrustIsInherited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := func(n int, more ...string) {
		t.Helper()
		from := ""
		if n > 1 {
			from = filepath.Join(dir, fmt.Sprint(n-1))
		}
		text, err := TryBuild(t, Copy(t, trustProgram, `"r1"`, fmt.Sprintf(`"r%d"`, n)), filepath.Join(dir, fmt.Sprint(n)), from, more...)
		require.NoError(t, err, text)
	}
	build(1, "-trust", keyFile(t, "a.pub"))
	build(2, "-sign", keyFile(t, "a.key"))
	build(3, "-update-only", "-sign", keyFile(t, "b.key"))
	p := StartWith(t, filepath.Join(t.TempDir(), "s"), []string{"UPSTARE_TRUST="}, filepath.Join(dir, "1"))
	require.Equal(t, "ready", p.Line())
	p.MustUpdate(filepath.Join(dir, "2.update"))
	third := filepath.Join(dir, "3.update")
	p.MustFail("UP2043", third)
	cold := StartWith(t, filepath.Join(t.TempDir(), "s"), []string{"UPSTARE_TRUST="}, filepath.Join(dir, "2"))
	require.Equal(t, "ready", cold.Line())
	cold.MustFail("UP2043", third)
	for _, p := range []*Process{p, cold} {
		p.MustUpdate(signedCopy(t, third, "a"))
		require.Equal(t, "r3", p.Ask("release"))
	}
}

// TestAuditByOwnHandler: lines of the log of attempts go through the program's own handler,
// which is own code, of a type that the update changes.
func TestAuditByOwnHandler(t *testing.T) {
	p := StartWith(t, filepath.Join(t.TempDir(), "s"), []string{"UPSTARE_AUDIT="}, trust1.Exe(t))
	require.Equal(t, "ready", p.Line())
	said := func(n int, what ...string) {
		t.Helper()
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			line := p.Ask("journal")
			number, text, _ := strings.Cut(line, " ")
			if number == fmt.Sprint(n) {
				for _, w := range what {
					require.Contains(t, text, w)
				}
				return
			}
			require.True(t, time.Now().Before(end), "the journal has %s, and should have %d lines", line, n)
		}
	}
	said(0)
	p.Update(trust2.Update(t), "-dry-run")
	said(2, "r1 has upstarego: update", "outcome=fits", "dry_run=true", "uid="+fmt.Sprint(os.Getuid()), "digest=")
	p.MustUpdate(trust2.Update(t))
	said(4, "r2 has upstarego: update", "outcome=committed", "path="+trust2.Update(t), "release=UPSTARE_", "base=UPSTARE_", "duration_ms=")
	p.MustFail("UP2005", trust2.Update(t))
	said(6, "r2 has", "outcome=undone", "code=UP2005")
	post(p, "", "not absolute")
	said(7, "r2 has", "outcome=refused", "code=UP2011")
}

// TestExchangedBetweenCheckAndLoad: however fast the file is exchanged, in one step, in
// place, and by a link, what is loaded is what was verified, or nothing is.
func TestExchangedBetweenCheckAndLoad(t *testing.T) {
	good := signedCopy(t, trust2.Update(t), "a")
	p := StartWith(t, filepath.Join(t.TempDir(), "s"), []string{"UPSTARE_TRUST=" + keyFile(t, "a.pub")}, trust1.Exe(t))
	require.Equal(t, "ready", p.Line())
	p.listens()
	goodData, err := os.ReadFile(good)
	require.NoError(t, err)
	f, err := update.Open(good, update.Unsigned)
	require.NoError(t, err)
	evil := bytes.Clone(goodData)
	copy(evil[len(evil)/2:], bytes.Repeat([]byte{0xcc}, 1000))
	evilFile := filepath.Join(t.TempDir(), "evil")
	require.NoError(t, os.WriteFile(evilFile, evil, 0o600))

	for how, exchange := range map[string]func(name string, turn int){
		"in one step": func(name string, turn int) {
			os.WriteFile(name+".next", [][]byte{goodData, evil}[turn%2], 0o600)
			os.Rename(name+".next", name)
		},
		"in place": func(name string, turn int) {
			if f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600); err == nil {
				f.WriteAt([][]byte{goodData, evil}[turn%2][len(evil)/2:len(evil)/2+1000], int64(len(evil)/2))
				f.Close()
			}
		},
		"by a link": func(name string, turn int) {
			os.Symlink([]string{good, evilFile}[turn%2], name+".next")
			os.Rename(name+".next", name)
		},
	} {
		t.Run(how, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "u.update")
			require.NoError(t, os.WriteFile(name, goodData, 0o600))
			stop, done := make(chan bool), make(chan bool)
			go func() {
				defer close(done)
				for turn := 1; ; turn++ {
					select {
					case <-stop:
						return
					default:
						exchange(name, turn)
					}
				}
			}()
			loaded, refused := 0, 0
			for end := time.Now().Add(patience); (loaded < 3 || refused < 3) && loaded < 100 && time.Now().Before(end); {
				status, answer := post(p, "?dry_run=1", name)
				if status == 200 {
					var r struct{ State, Digest, Signer string }
					require.NoError(t, json.Unmarshal([]byte(answer), &r))
					require.Equal(t, "fits", r.State)
					require.Equal(t, fmt.Sprintf("%x", f.Digest), r.Digest)
					require.NotEmpty(t, r.Signer)
					loaded++
				} else {
					require.Contains(t, answer, `"code": "UP202`, answer)
					refused++
				}
			}
			close(stop)
			<-done
			t.Logf("%d loaded, %d refused", loaded, refused)
			require.NotZero(t, loaded)
			require.NotZero(t, refused)
			require.Equal(t, "r1", p.Ask("release"))
		})
	}
	p.MustUpdate(good)
	require.Equal(t, "r2", p.Ask("release"))
}
