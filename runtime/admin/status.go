package admin

import (
	"net/http"
	"os"
	goruntime "runtime"
	"time"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/updater"
)

var started = time.Now()

// A Status is what GET /v1/status answers.
type Status struct {
	Program string    `json:"program"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Go      string    `json:"go"`

	Release struct {
		Number int    `json:"number"`
		ID     string `json:"id"`
	} `json:"release"`

	Goroutines int `json:"goroutines"`
	// Records are those of goroutines that have run own code.
	Records struct {
		Outside  int `json:"outside"`
		Running  int `json:"running"`
		Parked   int `json:"parked"`
		Captured int `json:"captured"`
	} `json:"records"`

	Totals struct {
		Captures uint64 `json:"captures"`
		Frames   uint64 `json:"frames"`
		Late     uint64 `json:"late"`
		Deepest  uint64 `json:"deepest"`
	} `json:"totals"`

	// Update is the update that is under way, Last the last one that is decided.
	Update *updater.Result `json:"update"`
	Last   *updater.Result `json:"last"`
}

func (h handler) status(w http.ResponseWriter, r *http.Request) {
	var s Status
	s.Program, s.PID, s.Started, s.Go = program(), os.Getpid(), started, goruntime.Version()
	if rel := runtime.Current(); rel != nil {
		s.Release.Number, s.Release.ID = rel.Number, rel.ID
	}
	s.Goroutines = goruntime.NumGoroutine()
	c := runtime.Scan()
	s.Records.Outside, s.Records.Running, s.Records.Parked, s.Records.Captured = c.Out, c.Running, c.Parked, c.Captured
	t := runtime.ReadStats()
	s.Totals.Captures, s.Totals.Frames, s.Totals.Late, s.Totals.Deepest = t.Captures, t.Frames, t.Late, t.Deepest
	for _, res := range h.u.List() {
		if res.Done() {
			s.Last = &res
		} else {
			s.Update = &res
		}
	}
	reply(w, http.StatusOK, s)
}
