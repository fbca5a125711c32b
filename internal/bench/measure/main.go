// Command measure measures what updates cost, prints one table, and writes it as JSON and Markdown.
//
//	measure [-quick] [-only REGEXP] [-json FILE] [-markdown FILE]
//	measure -into docs/performance.md -from bin/bench.md
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/internal/bench"
)

func main() {
	var f flags
	flag.StringVar(&f.tool, "tool", "bin/upstarego", "the upstarego command")
	flag.BoolVar(&f.quick, "quick", false, "fewer runs, smaller sizes, no cold builds")
	flag.StringVar(&f.only, "only", "", "measure rows or subjects that match the `regexp`: "+strings.Join(bench.Subjects(), ", "))
	flag.StringVar(&f.json, "json", "", "write the report to this `file` too")
	flag.StringVar(&f.markdown, "markdown", "", "and as Markdown to this `file`")
	flag.Func("keep", "take rows that -only leaves out from the earlier report in this `file`, a JSON; may be given several times", func(name string) error {
		f.keep = append(f.keep, name)
		return nil
	})
	flag.StringVar(&f.into, "into", "", "measure nothing: put the table of -from in its place in this `file`")
	flag.StringVar(&f.from, "from", "bin/bench.md", "the table that -into takes")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := f.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type flags struct {
	tool, only, json, markdown, into, from string
	keep                                   []string
	quick                                  bool
}

func (f *flags) run() error {
	if f.into != "" {
		return f.place()
	}
	o := bench.Options{Quick: f.quick}
	began := time.Now()
	o.Log = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	var err error
	if f.only != "" {
		if o.Only, err = regexp.Compile(f.only); err != nil {
			return err
		}
	}
	if o.Tool, err = filepath.Abs(f.tool); err != nil {
		return err
	}
	if _, err := os.Stat(o.Tool); err != nil {
		return fmt.Errorf("no upstarego command to build with (-tool): %w", err)
	}
	if o.Root, err = os.Getwd(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.Root, "examples", "kvd")); err != nil {
		return fmt.Errorf("the current directory is not that of the module: %w", err)
	}
	if o.Work, err = os.MkdirTemp("", "upstarego-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.Work)
	earlier := make([]bench.Report, len(f.keep))
	for i, name := range f.keep {
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &earlier[i])
		}
		if err != nil {
			return fmt.Errorf("the earlier report (-keep): %w", err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, stopped := bench.Run(ctx, o) // what there is until then is worth having
	for i := range earlier {
		report.Keep(&earlier[i])
	}
	if err := report.WriteTable(os.Stdout); err != nil {
		return err
	}
	for file, write := range map[string]func(io.Writer) error{f.json: report.WriteJSON, f.markdown: report.WriteMarkdown} {
		if file != "" {
			if err := writeFile(file, write); err != nil {
				return err
			}
		}
	}
	if stopped != nil {
		return stopped
	}
	if failed := report.Failed(); len(failed) > 0 {
		return errors.New("could not be measured: " + strings.Join(failed, ", "))
	}
	return nil
}

// The table stands between these lines of a document.
const begin, end = "<!-- make bench -->\n", "<!-- end of make bench -->\n"

// place puts a table into a document.
func (f *flags) place() error {
	table, err := os.ReadFile(f.from)
	if err != nil {
		return fmt.Errorf("no table to put in place; make bench writes one: %w", err)
	}
	text, err := os.ReadFile(f.into)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", f.into, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(f.into, []byte(before+begin+string(table)+end+after), 0o666)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
