package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

const (
	defaultWait = 60 * time.Second
	cancelWait  = 10 * time.Second
	maxBody     = 64 << 10
)

// Codes of errors that are the endpoint's own.
const (
	codeBadRequest = "UP2011"
	codeForbidden  = "UP2012"
)

// A handler serves the endpoint for one updater. It never holds a lock while it
// writes: it may be mounted under the program's own middleware.
type handler struct{ u *updater.Updater }

// Handler returns the endpoint's routes, without the checks that depend on how
// it is reached: Serve adds those.
func Handler(u *updater.Updater) http.Handler {
	h := handler{u}
	m := http.NewServeMux()
	m.HandleFunc("POST /v1/updates", h.start)
	m.HandleFunc("GET /v1/updates", h.list)
	m.HandleFunc("GET /v1/updates/{id}", h.get)
	m.HandleFunc("DELETE /v1/updates/{id}", h.cancel)
	m.HandleFunc("GET /v1/status", h.status)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, codeBadRequest, r.Method+" "+r.URL.Path+": no such resource")
	})
	return m
}

func (h handler) start(w http.ResponseWriter, r *http.Request) {
	q, wait, err := request(r)
	if err != nil {
		fail(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	id, err := h.u.Start(q)
	if err != nil {
		var e *updater.Error
		if !errors.As(err, &e) {
			e = &updater.Error{Code: updater.CodeFailed, Message: err.Error()}
		}
		failed(w, e, nil)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	res, _ := h.u.Wait(ctx, id)
	switch {
	case !res.Done():
		w.Header().Set("Location", "/v1/updates/"+id)
		reply(w, http.StatusAccepted, res)
	case res.Error != nil:
		failed(w, res.Error, &res)
	default:
		reply(w, http.StatusOK, res)
	}
}

// request reads what POST asks for.
func request(r *http.Request) (q updater.Request, wait time.Duration, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
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
			return q, 0, errors.New(`the body is not {"path": "FILE"}: ` + err.Error())
		}
		text = b.Path
	}
	if q.Path = text; q.Path == "" {
		return q, 0, errors.New(`the body names no file: send {"path": "FILE"} or the path as text`)
	}
	if !filepath.IsAbs(q.Path) {
		return q, 0, errors.New(q.Path + " is not an absolute path: the program's directory is not yours")
	}
	v := r.URL.Query()
	if s := v.Get("dry_run"); s != "" {
		if q.DryRun, err = strconv.ParseBool(s); err != nil {
			return q, 0, errors.New("dry_run=" + s + ": want 1 or 0")
		}
	}
	if q.Timeout, err = duration(v.Get("timeout"), updater.DefaultTimeout); err != nil {
		return q, 0, err
	}
	if q.Limits, err = limits(v); err != nil {
		return q, 0, err
	}
	if s := v.Get("fault"); s != "" {
		if !faults {
			return q, 0, errors.New("faults are for tests: the process is to be started with UPSTARE_FAULTS=on")
		}
		if q.Fault, err = updater.ParseFault(s); err != nil {
			return q, 0, fmt.Errorf("fault=%s: %w", s, err)
		}
	}
	wait, err = duration(v.Get("wait"), defaultWait)
	return q, wait, err
}

// faults says that updates may be asked to fail.
var faults = os.Getenv("UPSTARE_FAULTS") == "on"

// limits reads timeout.PHASE.
func limits(v url.Values) (map[string]time.Duration, error) {
	var l map[string]time.Duration
	for key := range v {
		phase, ok := strings.CutPrefix(key, "timeout.")
		if !ok {
			continue
		}
		if !slices.Contains(updater.LimitedPhases, phase) {
			return nil, fmt.Errorf("%s: the phases that can have a limit are %s", key, strings.Join(updater.LimitedPhases, ", "))
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
	if err != nil || d < 0 {
		return 0, errors.New(s + " is not a duration: write 500ms, 60s or 2m")
	}
	return d, nil
}

func (h handler) list(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, map[string]any{"updates": h.u.List()})
}

func (h handler) get(w http.ResponseWriter, r *http.Request) {
	res, ok := h.u.Get(r.PathValue("id"))
	if !ok {
		noUpdate(w, r)
		return
	}
	reply(w, http.StatusOK, res)
}

func (h handler) cancel(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !h.u.Cancel(id) {
		noUpdate(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), cancelWait)
	defer cancel()
	res, _ := h.u.Wait(ctx, id)
	switch {
	case !res.Done():
		reply(w, http.StatusAccepted, res)
	case res.State == updater.StateCommitted:
		failed(w, &updater.Error{Code: updater.CodeBusy, Message: "update " + id + " has committed already: what was committed is undone by an update back"}, &res)
	default:
		reply(w, http.StatusOK, res)
	}
}

func noUpdate(w http.ResponseWriter, r *http.Request) {
	fail(w, http.StatusNotFound, codeBadRequest, "there is no update "+r.PathValue("id"))
}

// failed answers with an error and, if there is one, the result that holds it.
func failed(w http.ResponseWriter, e *updater.Error, res *updater.Result) {
	body := map[string]any{"error": e}
	if res != nil {
		body["update"] = res
	}
	reply(w, statusOf(e.Code), body)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": updater.Error{Code: code, Message: message}})
}

// statusOf is the HTTP status of an update's error. Codes of update files are those
// of package update: what is no whole file, and what is for another process.
func statusOf(code string) int {
	switch code {
	case updater.CodeBusy:
		return http.StatusConflict
	case updater.CodeWrongBase, "UP2026", "UP2027", "UP2028", "UP2029", "UP2030", "UP2031":
		return http.StatusPreconditionFailed
	case updater.CodeTimedOut:
		return http.StatusGatewayTimeout
	case updater.CodeMapIncomplete:
		return http.StatusUnprocessableEntity
	case updater.CodeNoMemory:
		return http.StatusInsufficientStorage
	case updater.CodeRefused, "UP2021", "UP2022", "UP2023", "UP2024", "UP2025":
		return http.StatusBadRequest
	}
	if strings.HasPrefix(code, "UP30") {
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

func reply(w http.ResponseWriter, status int, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"`+updater.CodeFailed+`","message":"the answer cannot be encoded"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}
