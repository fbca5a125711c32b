package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

var statusCommand = &command{
	name: "status", args: "[-addr A | -pid P] [-token FILE] [-tls-cert FILE -tls-key FILE -tls-ca FILE] [-json]", short: "show running programs and their releases",
	long: "Shows the programs that can be updated: their release, their goroutines, the\nupdate that is under way, and the last one.",
	run:  runStatus,
}

// status is what the endpoint answers.
type status struct {
	Program string    `json:"program"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Go      string    `json:"go"`
	Release struct {
		Number int    `json:"number"`
		ID     string `json:"id"`
	} `json:"release"`
	Releases   []releaseText `json:"releases"`
	Goroutines int           `json:"goroutines"`
	Records    struct {
		Outside  int `json:"outside"`
		Running  int `json:"running"`
		Parked   int `json:"parked"`
		Captured int `json:"captured"`
	} `json:"records"`
	Update *result `json:"update"`
	Last   *result `json:"last"`
}

func runStatus(c *call) error {
	f := c.flags()
	var w which
	w.register(f)
	raw := f.Bool("json", false, "print the endpoints' answers as they are")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return c.misused("status takes no arguments")
	}
	found, err := w.find()
	if err != nil {
		return err
	}
	var failures []error
	for _, addr := range found {
		cl, err := w.client(addr)
		if err != nil {
			return err
		}
		if err := c.statusOf(cl, *raw); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (c *call) statusOf(cl *client, raw bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err := cl.do(ctx, http.MethodGet, "/v1/status", nil, nil)
	if err != nil {
		return err
	}
	var s status
	if err := a.read(&s); err != nil {
		return err
	}
	if raw {
		c.stdout.Write(a.body)
		return nil
	}
	fmt.Fprintf(c.stdout, "%s, pid %d, %s, up %s\n", s.Program, s.PID, s.Go, time.Since(s.Started).Round(time.Second))
	fmt.Fprintf(c.stdout, "  release %d (%s)\n", s.Release.Number, s.Release.ID)
	fmt.Fprintf(c.stdout, "  goroutines: %d, in own code %d running, %d parked, %d captured\n", s.Goroutines, s.Records.Running, s.Records.Parked, s.Records.Captured)
	if u := s.Update; u != nil {
		fmt.Fprintf(c.stdout, "  update %s under way: %s, phase %s\n", u.ID, u.Path, u.Phase)
	}
	if u := s.Last; u != nil {
		fmt.Fprintf(c.stdout, "  last update %s: %s, %s\n", u.ID, u.Path, u.State)
		if u.Error != nil {
			fmt.Fprintf(c.stdout, "    %v\n", u.Error.diagnostics())
		}
		if u.LateFailures > 0 {
			fmt.Fprintf(c.stdout, "    %d goroutines panicked when they were to go on:\n", u.LateFailures)
		}
		for _, e := range u.Late {
			fmt.Fprintf(c.stdout, "    %v\n", e.diagnostics())
		}
	}
	return nil
}
