package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

// request reads what POST asks for. What it does not understand it refuses: a
// parameter that is passed over might have been dry_run.
func (h handler) request(r *http.Request) (q updater.Request, wait time.Duration, err error) {
	body, err := io.ReadAll(r.Body) // bounded has read it
	if err != nil {
		return q, 0, err
	}
	text := strings.TrimSpace(string(body))
	mt, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mt == "application/json" || strings.HasPrefix(text, "{") {
		var b struct{ Path string }
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&b); err != nil {
			return q, 0, errors.New(`the body is not {"path": "FILE"}: ` + echo(err.Error()))
		}
		if _, err := d.Token(); err != io.EOF {
			return q, 0, errors.New(`something follows {"path": "FILE"} in the body`)
		}
		text = b.Path
	}
	switch {
	case text == "":
		return q, 0, errors.New(`the body names no file: send {"path": "FILE"} or the path as text`)
	case len(text) > maxPath || strings.ContainsRune(text, 0):
		return q, 0, errors.New(echo(text) + " is not a path")
	case !filepath.IsAbs(text):
		return q, 0, errors.New(echo(text) + " is not an absolute path: the program's directory is not yours")
	}
	q.Path = text
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, 0, errors.New("the query cannot be read: " + echo(err.Error()))
	}
	for name, values := range v {
		if name != "dry_run" && name != "timeout" && name != "wait" && name != "fault" && name != "force_parked" && !strings.HasPrefix(name, phaseTimeout) {
			return q, 0, errors.New(echo(name) + " is not a parameter: there are dry_run, force_parked, timeout, timeout.PHASE and wait")
		}
		if len(values) > 1 {
			return q, 0, errors.New(name + " is given twice")
		}
	}
	if s := v.Get("dry_run"); s != "" {
		if q.DryRun, err = strconv.ParseBool(s); err != nil {
			return q, 0, errors.New("dry_run=" + echo(s) + ": want 1 or 0")
		}
	}
	if s := v.Get("force_parked"); s != "" {
		if q.ForceParked, err = strconv.ParseBool(s); err != nil {
			return q, 0, errors.New("force_parked=" + echo(s) + ": want 1 or 0")
		}
	}
	if q.Timeout, err = duration(v.Get("timeout"), updater.DefaultTimeout); err != nil {
		return q, 0, err
	}
	if q.Limits, err = limits(v); err != nil {
		return q, 0, err
	}
	if s := v.Get("fault"); s != "" {
		if !h.faults {
			return q, 0, errors.New("faults are for tests: the process is to be started with UPSTARE_FAULTS=on")
		}
		if q.Fault, err = updater.ParseFault(s); err != nil {
			return q, 0, fmt.Errorf("fault=%s: %s", echo(s), echo(err.Error()))
		}
	}
	wait, err = duration(v.Get("wait"), defaultWait)
	return q, wait, err
}

// phaseTimeout is what the name of a phase follows.
const phaseTimeout = "timeout."

// limits reads timeout.PHASE.
func limits(v url.Values) (map[string]time.Duration, error) {
	var l map[string]time.Duration
	for key := range v {
		phase, ok := strings.CutPrefix(key, phaseTimeout)
		if !ok {
			continue
		}
		if !slices.Contains(updater.LimitedPhases, phase) {
			return nil, fmt.Errorf("%s: the phases that can have a limit are %s", echo(key), strings.Join(updater.LimitedPhases, ", "))
		}
		d, err := duration(v.Get(key), 0)
		if err != nil {
			return nil, err
		}
		if l == nil {
			l = map[string]time.Duration{}
		}
		l[phase] = d
	}
	return l, nil
}

func duration(s string, def time.Duration) (time.Duration, error) {
	if s == "" {
		return def, nil
	}
	if s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxWait {
		return 0, errors.New(echo(s) + " is not a duration of at most 24h: write 500ms, 60s or 2m")
	}
	return d, nil
}
