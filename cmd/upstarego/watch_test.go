package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
	"time"
)

// TestStragglerLine: what the program tells of a goroutine is shown, and what it does not
// tell is read from the stack.
func TestStragglerLine(t *testing.T) {
	for _, c := range []struct{ name, answer, want string }{
		{"all of it", `{"goroutine": "goroutine 7 [running]", "stack": "x.f()\n\t/x.go:1 +0x1", "func": "m.serve", "pos": "/m/main.go:9:2", "point": 3, "why": "it does not come to a poll", "for_ns": 1500000000}`,
			"goroutine 7 [running] in m.serve at /m/main.go:9:2 for 1.5s: it does not come to a poll"},
		{"the stack", `{"goroutine": "goroutine 7 [select]", "stack": "runtime.gopark(0x1)\n\t/go/proc.go:1 +0x1\nmain.(*T).f({0x1, 0x2})\n\t/m/main.go:9 +0x1\ncreated by main.g\n\t/m/main.go:1 +0x1"}`,
			"goroutine 7 [select] in main.(*T).f at /m/main.go:9"},
		{"nothing", `{"goroutine": "goroutine 7 [running]", "later": {"than": "this"}}`, "goroutine 7 [running]"},
	} {
		var s straggler
		if err := json.Unmarshal([]byte(c.answer), &s); err != nil {
			t.Fatal(err)
		}
		if got := s.line(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestWatchTellsWhatIsNew: each phase and each straggler once, however often it is asked.
func TestWatchTellsWhatIsNew(t *testing.T) {
	var b bytes.Buffer
	w := &watcher{stderr: &b, begun: time.Now()}
	late := []straggler{{Goroutine: "goroutine 1 [running]"}}
	for _, r := range []*result{
		{Phases: []phase{{"check", 10}}},
		{Phases: []phase{{"check", 20}}},
		{Phases: []phase{{"check", 20}, {"load", 30}, {"quiesce", 1}}, Attempts: 1},
		{Phases: []phase{{"check", 20}, {"load", 30}, {"quiesce", 2}}, Attempts: 2, Stragglers: late},
		{Phases: []phase{{"check", 20}, {"load", 30}, {"quiesce", 3}}, Attempts: 2, Stragglers: late},
		{Phases: []phase{{"check", 20}, {"load", 30}, {"quiesce", 4}, {"transform", 5}}, Attempts: 3},
	} {
		w.show(r)
	}
	got := regexp.MustCompile(`(?m)^ +[0-9.]+s  `).ReplaceAllString(b.String(), "")
	want := "check\ncheck took 20ns\nload\nload took 30ns\nquiesce\nattempt 2 to stop the program\nin the way: goroutine 1 [running]\n" +
		"quiesce took 4ns\ntransform\nattempt 3 to stop the program\nnobody is in the way\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWaited(t *testing.T) {
	for _, c := range []struct {
		least, most time.Duration
		want        string
	}{
		{0, 0, ""},
		{3 * time.Millisecond, 3 * time.Millisecond, ""},
		{time.Minute, time.Minute, ">= 1m0s"},
		{0, 2 * time.Hour, ">= 0s … 2h0m0s"},
	} {
		if got := waited(int64(c.least), int64(c.most)); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.least, c.most, got, c.want)
		}
	}
}
