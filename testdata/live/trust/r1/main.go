// Command trust is updated by those who may.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
)

// What a program sets has no say in whom its process trusts.
func init() {
	os.Setenv("UPSTARE_TRUST", "unsigned")
	os.Setenv("UPSTARE_ADMIN", "off")
	os.Setenv("UPSTARE_AUDIT", "off")
}

const release = "r1"

// A journal is a log handler of the program's own.
type journal struct {
	mu   sync.Mutex
	n    int32
	last string
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&b, " %s=%v", a.Key, a.Value)
		return true
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.n++
	j.last = release + " has " + r.Message + b.String()
	return nil
}

func main() {
	j := new(journal)
	slog.SetDefault(slog.New(j))
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch lines.Text() {
		case "release":
			fmt.Println(release)
		case "journal":
			j.mu.Lock()
			fmt.Println(j.n, j.last)
			j.mu.Unlock()
		case "heap":
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println(m.HeapAlloc, runtime.NumGoroutine())
		}
	}
}
