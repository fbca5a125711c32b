package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var goroutinesCommand = &command{
	name: "goroutines", args: "[-addr A | -pid P] [-token FILE] [-tls-cert FILE -tls-key FILE -tls-ca FILE] [-func REGEXP] [-old] [-json]", short: "show where goroutines stand, and in which release's code",
	long: `Shows a program's goroutines by the innermost own function on their stacks, the
line and its update points, the release whose code it is, what they wait for, and
how long they have waited. Times are lower bounds: the Go runtime tells whole
minutes, as its garbage collector has seen them, and in the code of an earlier release no
statement has run since the next one came. ~ marks what is of equal stacks of several releases.`,
	run: runGoroutines,
}

// goroutines is what the endpoint answers.
type goroutines struct {
	Total   int `json:"total"`
	Release int `json:"release"`
	Old     int `json:"old"`
	Foreign int `json:"foreign"`
	LeftOff int `json:"left_off"`
	Groups  []struct {
		Count   int      `json:"count"`
		Func    string   `json:"func"`
		Pos     string   `json:"pos"`
		Points  []int    `json:"points"`
		Release int      `json:"release"`
		Waits   []string `json:"waits"`
		Unsure  bool     `json:"unsure"`
		LeastNS int64    `json:"waited_min_ns"`
		MostNS  int64    `json:"waited_longest_ns"`
	} `json:"groups"`
	WaitsKnown bool `json:"waits_known"`
}

func runGoroutines(c *call) error {
	f := c.flags()
	var w which
	w.register(f)
	match := f.String("func", "", "show functions whose name matches `REGEXP` only")
	old := f.Bool("old", false, "show those in code of earlier releases only")
	raw := f.Bool("json", false, "print the endpoint's answer as it is")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return c.misused("goroutines takes no arguments")
	}
	if *old && *raw {
		return c.misused("-json prints all releases")
	}
	addr, err := w.one()
	if err != nil {
		return err
	}
	cl, err := w.client(addr)
	if err != nil {
		return err
	}
	query := url.Values{}
	if *match != "" {
		query.Set("func", *match)
	}
	var g goroutines
	body, err := cl.get("/v1/goroutines", query, &g)
	if err != nil {
		return err
	}
	if *raw {
		c.stdout.Write(body)
		return nil
	}
	g.print(c.stdout, *old)
	return nil
}

// get asks for a resource and reads the answer into v. It gives the answer as it is.
func (c *client) get(path string, query url.Values, v any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err := c.do(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return nil, err
	}
	return a.body, a.read(v)
}

func (g *goroutines) print(w io.Writer, old bool) {
	t := table{{"COUNT", "RELEASE", "FUNCTION", "AT", "POINT", "WAITS FOR", "WAITED"}}
	for _, gr := range g.Groups {
		if old && gr.Release == g.Release {
			continue
		}
		release := "?"
		if gr.Release > 0 {
			release = strconv.Itoa(gr.Release)
		}
		var points []string
		for _, p := range gr.Points {
			points = append(points, strconv.Itoa(p))
		}
		waits := strings.Join(gr.Waits, ", ")
		if gr.Unsure {
			waits = "~ " + waits
		}
		t = append(t, []string{strconv.Itoa(gr.Count), release, gr.Func, gr.Pos, strings.Join(points, ","), waits, waited(gr.LeastNS, gr.MostNS)})
	}
	t.print(w)
	fmt.Fprintf(w, "%d goroutines: %d in code of earlier releases than %d, %d without own code on their stacks\n", g.Total, g.Old, g.Release, g.Foreign)
	if g.LeftOff > 0 {
		fmt.Fprintf(w, "%d more are at places that are not listed: choose some with -func\n", g.LeftOff)
	}
	if !g.WaitsKnown {
		fmt.Fprintln(w, "what they wait for was not asked: there are too many")
	}
}

// waited is how long goroutines of a group have waited.
func waited(least, most int64) string {
	d := func(ns int64) string { return time.Duration(ns).Round(time.Second).String() }
	switch {
	case d(most) == "0s":
		return ""
	case d(least) == d(most):
		return ">= " + d(least)
	}
	return ">= " + d(least) + " … " + d(most)
}

// A table is printed in columns, the first line being their names.
type table [][]string

func (t table) print(w io.Writer) {
	var width []int
	for _, row := range t {
		for i, s := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(s)))
		}
	}
	for _, row := range t {
		var b strings.Builder
		for i, s := range row {
			b.WriteString(s)
			b.WriteString(strings.Repeat(" ", width[i]-len([]rune(s))+2))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
