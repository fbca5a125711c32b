package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/upstarego/upstarego/internal/diag"
)

// A client speaks to one program's admin endpoint. What it reads may come from a
// program built with another release of upstarego: unknown fields are left alone
// and missing ones are zero.
type client struct {
	addr   string
	scheme string
	token  string // or ""
	http   *http.Client
}

func newClient(addr string) *client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network(addr), addr)
	}
	return &client{addr: addr, scheme: "http", http: &http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// secure makes the client speak TLS.
func (c *client) secure(config *tls.Config) {
	c.scheme = "https"
	c.http.Transport.(*http.Transport).TLSClientConfig = config
}

// result is an update as the endpoint reports it.
type result struct {
	ID                string      `json:"id"`
	Path              string      `json:"path"`
	Digest            string      `json:"digest"`
	Signer            string      `json:"signer"`
	By                string      `json:"by"`
	DryRun            bool        `json:"dry_run"`
	Requested         time.Time   `json:"requested"`
	Attempts          int         `json:"attempts"`
	State             string      `json:"state"`
	Phase             string      `json:"phase"`
	ReleaseBefore     int         `json:"release_before"`
	ReleaseAfter      int         `json:"release_after"`
	Phases            []phase     `json:"phases"`
	Captured          int         `json:"captured"`
	Rebuilt           int         `json:"rebuilt"`
	Frames            int         `json:"frames"`
	Parked            int         `json:"parked"`
	Objects           int         `json:"objects"`
	RequestToCommitNS int64       `json:"request_to_commit_ns"`
	StopNS            int64       `json:"stop_ns"`
	Stragglers        []straggler `json:"stragglers"`
	Error             *adminError `json:"error"`
	Warnings          []string    `json:"warnings"`

	// What could not be carried over when goroutines came back after commit.
	Late         []adminError `json:"late"`
	LateFailures int          `json:"late_failures"`
}

// A straggler is a goroutine that was in the way of an update. What is not known is zero.
type straggler struct {
	Goroutine string `json:"goroutine"`
	Stack     string `json:"stack"`
	Func      string `json:"func"`
	Pos       string `json:"pos"`
	Point     int    `json:"point"`
	Why       string `json:"why"`
	ForNS     int64  `json:"for_ns"`
}

type phase struct {
	Name       string `json:"name"`
	DurationNS int64  `json:"duration_ns"`
}

// adminError is how the endpoint says no.
type adminError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Positions []struct {
		Pos   string `json:"pos"`
		Func  string `json:"func"`
		Point int    `json:"point"`
		Why   string `json:"why"`
	} `json:"positions"`
}

// An answer is one response: its raw body, and what could be read of it.
type answer struct {
	status int
	body   []byte
	err    *adminError
	update *result // beside an error
}

// do sends one request. The error is about the way there and back; what the
// program has to say, yes or no, is in the answer.
func (c *client) do(ctx context.Context, method, path string, query url.Values, body any) (*answer, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	host := "localhost"
	if network(c.addr) == "tcp" {
		host = c.addr // the endpoint wants its own address, against web pages
	}
	u := url.URL{Scheme: c.scheme, Host: host, Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, undecided{c.failed(err)}
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		return nil, undecided{c.failed(err)}
	}
	if resp.StatusCode < 400 {
		return a, nil
	}
	var no struct {
		Error  *adminError `json:"error"`
		Update *result     `json:"update"`
	}
	if json.Unmarshal(a.body, &no) != nil || no.Error == nil {
		no.Error = &adminError{Code: diag.EndpointFailed, Message: strings.TrimSpace(resp.Status + " " + string(a.body))}
	}
	a.err, a.update = no.Error, no.Update
	return a, nil
}

func (c *client) failed(err error) error {
	return diag.New(diag.EndpointFailed, noPos, c.addr+" does not answer", err.Error(), "see whether the program runs, and as which user")
}

// read decodes a good answer.
func (a *answer) read(v any) error {
	if a.err != nil {
		return a.err.diagnostics()
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		return diag.New(diag.EndpointFailed, noPos, "the answer cannot be read", err.Error(), "see whether the program is built with upstarego")
	}
	return nil
}

// diagnostics puts the endpoint's error in the form of all others: one for the
// whole, then one for each position.
func (e *adminError) diagnostics() diag.List {
	var l diag.List
	l.Add(e.Code, noPos, e.Message, "", "")
	for _, p := range e.Positions {
		l.Add(e.Code, diag.ParsePosition("", p.Pos), fmt.Sprintf("%s, point %d", p.Func, p.Point), p.Why, "")
	}
	return l
}
