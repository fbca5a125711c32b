// Command quick compares instrumented benchmarks with plain ones and prints one table.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/upstarego/upstarego/internal/bench"
	"github.com/upstarego/upstarego/internal/corpus"
)

func main() {
	tool := flag.String("tool", "bin/upstarego", "the upstarego command")
	budget := flag.Int("budget", 10_000_000, "instructions to count for each program, about")
	repeats := flag.Int("repeats", 5, "timed executions of each program")
	file := flag.String("json", "", "write the results to this `file` too")
	flag.Parse()
	if err := run(*tool, *budget, *repeats, *file, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(tool string, budget, repeats int, file string, names []string) error {
	if budget < 1 || repeats < 1 {
		return fmt.Errorf("-budget and -repeats must be positive")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	programs, err := bench.Select(names)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(tool)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("no upstarego command to build with (-tool): %w", err)
	}
	work, err := os.MkdirTemp("", "upstarego-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	rows, err := bench.Run(ctx, bench.Options{
		Plain: corpus.Plain(), Other: corpus.Instrumented(path), Programs: programs,
		Budget: budget, Repeats: repeats, Work: work,
		Progress: func(p string) { fmt.Fprintln(os.Stderr, "measuring", p) },
	})
	if err != nil {
		return err
	}
	if err := bench.WriteTable(os.Stdout, rows); err != nil {
		return err
	}
	if file != "" {
		if err := writeFile(file, func(w io.Writer) error { return bench.WriteJSON(w, rows) }); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if r.Failed != "" {
			return fmt.Errorf("%s was not built", r.Program)
		}
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
