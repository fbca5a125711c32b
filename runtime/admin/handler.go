package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

const (
	defaultWait = 60 * time.Second
	cancelWait  = 10 * time.Second
	maxWait     = 24 * time.Hour // of wait and timeout
	maxPath     = 4096           // of a file, as everywhere on Linux
	maxEcho     = 200            // of what a request says, in an error
)

// Codes of errors that are the endpoint's own.
const (
	codeBadRequest = "UP2011"
	codeForbidden  = "UP2012"
	codeToken      = "UP2045"
	codeTooMany    = "UP2046"
)

// A handler serves the endpoint for one updater. It never holds a lock while it
// writes: it may be mounted under the program's own middleware.
type handler struct {
	u      *updater.Updater
	audit  *audit
	faults bool // updates may be asked to fail
}

// routes are the endpoint's resources, without the checks that depend on how
// it is reached: Serve adds those.
func (h handler) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /v1/updates", h.start)
	m.HandleFunc("GET /v1/updates", h.list)
	m.HandleFunc("GET /v1/updates/{id}", h.get)
	m.HandleFunc("DELETE /v1/updates/{id}", h.cancel)
	m.HandleFunc("GET /v1/status", h.status)
	m.HandleFunc("GET /v1/goroutines", h.goroutines)
	m.HandleFunc("GET /metrics", h.metrics)
	m.HandleFunc("/", nothing)
	return m
}

func nothing(w http.ResponseWriter, r *http.Request) {
	fail(w, http.StatusNotFound, codeBadRequest, echo(r.Method+" "+r.URL.Path)+": no such resource")
}

// echo is what a request says, as an error may repeat it.
func echo(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\ufffd'
		}
		return r
	}, clip(s, maxEcho))
}

func (h handler) start(w http.ResponseWriter, r *http.Request) {
	q, wait, err := h.request(r)
	if err != nil {
		e := &updater.Error{Code: codeBadRequest, Message: err.Error()}
		h.audit.refused(r.Context(), auditedAs, q, "", e)
		failed(w, e, nil)
		return
	}
	q.By = callerOf(r.Context()).String()
	id, err := h.u.Start(q)
	if err != nil {
		var e *updater.Error
		if !errors.As(err, &e) {
			e = &updater.Error{Code: updater.CodeFailed, Message: err.Error()}
		}
		h.audit.refused(r.Context(), auditedAs, q, "", e)
		failed(w, e, nil)
		return
	}
	h.audit.accepted(r.Context(), h.u, q, id)
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
		h.audit.refused(r.Context(), auditedAs, updater.Request{}, id, &updater.Error{Code: codeBadRequest, Message: "asked to give up what does not exist"})
		noUpdate(w, r)
		return
	}
	h.audit.gaveUp(r.Context(), id)
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
	fail(w, http.StatusNotFound, codeBadRequest, "there is no update "+echo(r.PathValue("id")))
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
	case "UP2041", "UP2042", "UP2043", "UP2044":
		return http.StatusForbidden
	case codeBadRequest, updater.CodeRefused, "UP2021", "UP2022", "UP2023", "UP2024", "UP2025":
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
