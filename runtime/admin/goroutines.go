package admin

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"

	"github.com/upstarego/upstarego/runtime/updater"
)

const maxPattern = 1000 // bytes of ?func=

func (h handler) goroutines(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		fail(w, http.StatusBadRequest, codeBadRequest, "the query cannot be read: "+echo(err.Error()))
		return
	}
	var match *regexp.Regexp
	for name, values := range q {
		switch {
		case name != "func":
			err = errors.New(name + " is not a parameter: there is func")
		case len(values) > 1:
			err = errors.New("func is given twice")
		case len(values[0]) > maxPattern:
			err = errors.New("func is too long")
		case values[0] != "":
			match, err = regexp.Compile(values[0])
		}
		if err != nil {
			fail(w, http.StatusBadRequest, codeBadRequest, echo(err.Error()))
			return
		}
	}
	g, err := updater.FindGoroutines(match)
	if err != nil {
		fail(w, http.StatusInternalServerError, updater.CodeFailed, err.Error())
		return
	}
	reply(w, http.StatusOK, g)
}
