package updater

import (
	"errors"
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/runtime"
)

// Codes of errors; `upstarego explain` knows them.
const (
	CodeBusy          = "UP2004"
	CodeWrongBase     = "UP2005"
	CodeMapIncomplete = "UP2006"
	CodeTimedOut      = "UP2007"
	CodeRefused       = "UP2008"
	CodeFailed        = "UP2010"
	CodeLate          = "UP2013"
	CodeNoMemory      = "UP2014"
)

// An Error says why an update did not happen.
type Error struct {
	Code      string     `json:"code"`
	Message   string     `json:"message"`
	Positions []Position `json:"positions,omitempty"`

	cause error
}

// Unwrap gives what the error was made of, if it was an error.
func (e *Error) Unwrap() error { return e.cause }

// A Position is a place in the source that an error is about.
type Position struct {
	Pos   string `json:"pos,omitempty"` // file:line:col
	Func  string `json:"func"`
	Point int    `json:"point"`
	Why   string `json:"why,omitempty"`

	leave bool // the map says that nobody may stand there, so that it is worth to wait
	force bool // who is parked there may be left to panic when he comes back
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, p := range e.Positions {
		fmt.Fprintf(&b, "\n\t%s: %s, point %d", p.Pos, p.Func, p.Point)
		if p.Why != "" {
			b.WriteString(": " + p.Why)
		}
	}
	return b.String()
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// asError gives an error of another part a code: its own, if it has one.
func asError(err error, code, doing string) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var c interface{ ErrorCode() string }
	if errors.As(err, &c) && c.ErrorCode() != "" {
		code = c.ErrorCode()
	}
	return &Error{Code: code, Message: doing + ": " + err.Error(), cause: err}
}

// guard calls f and makes a panic in it an error: the functions of a frame map
// are the developer's, and an update must be undone whatever they do.
func guard(what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			e := errorf(CodeFailed, "%s panicked: %v", what, v)
			e.cause, _ = v.(error)
			err = e
		}
	}()
	return f()
}

// lend is guard for functions that may call own code.
func lend(what string, f func() error) (err error) {
	runtime.Lend(func() { err = guard(what, f) })
	return err
}
