package admin

import (
	"net/http"
	"os"
	goruntime "runtime"
	"strconv"
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

	// Releases are those that there have been in this process, the last 1000, oldest first;
	// the last one is current.
	Releases []Release `json:"releases"`

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

// A Release is one of the process's. Code that is on a stack at an address between Text[0]
// and Text[1] is of it.
type Release struct {
	Number int       `json:"number"`
	ID     string    `json:"id"`
	Since  time.Time `json:"since"`
	Text   [2]string `json:"text"` // "0x…"; the executable's also has all foreign code

	// Update is the file that brought it, if that is still remembered.
	Update string `json:"update,omitempty"`
}

const maxReleases = 1000 // that are listed

// releases lists them; updates are those that are remembered.
func releases(updates []updater.Result) (l []Release) {
	all := runtime.Releases()
	for _, r := range all[max(0, len(all)-maxReleases):] {
		rel := Release{Number: r.Number, ID: r.ID, Since: r.Since}
		for i, a := range r.Text {
			rel.Text[i] = "0x" + strconv.FormatUint(uint64(a), 16)
		}
		for _, u := range updates {
			if u.ReleaseAfter == r.Number && u.ReleaseBefore != r.Number {
				rel.Update = u.Path
			}
		}
		l = append(l, rel)
	}
	return l
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
	updates := h.u.List()
	s.Releases = releases(updates)
	for _, res := range updates {
		if res.Done() {
			s.Last = &res
		} else {
			s.Update = &res
		}
	}
	reply(w, http.StatusOK, s)
}
