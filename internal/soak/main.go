package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	updates int
	program string
	clients int
	rate    int
	faults  int
	seed    uint64
	quiet   time.Duration
	limit   time.Duration
	dir     string
	chain   string
	json    string
	heap    string
}

func main() {
	var o options
	flag.IntVar(&o.updates, "updates", 12, "`number` of updates of each program")
	flag.StringVar(&o.program, "program", "both", "`program` to update: kvd, web or both, one after the other")
	flag.IntVar(&o.clients, "clients", 16, "`number` of clients that never rest; about as many others wait")
	flag.IntVar(&o.rate, "rate", 50, "steps a `second` of each of them; a step is one to eight operations")
	flag.IntVar(&o.faults, "faults", 5, "`number` of updates of which one is made to fail first")
	flag.Uint64Var(&o.seed, "seed", 1, "`number` that chooses faults and operations")
	flag.DurationVar(&o.quiet, "quiet", time.Second, "`time` that is watched without an update before each update, and behind it")
	flag.DurationVar(&o.limit, "limit", 0, "`time` after which no further update is made; 0: none")
	flag.StringVar(&o.dir, "dir", "", "`directory` to build in, which is kept; otherwise a temporary one")
	flag.StringVar(&o.chain, "chain", "", "build all updates to `directory` before the first is made, and use what is there of an earlier run")
	flag.StringVar(&o.json, "json", "", "write all measurements and the table to `FILE`; with both, program is added to its name")
	flag.StringVar(&o.heap, "heap", "", "leave what the heap of each process is made of in `directory`, after each update")
	flag.Parse()
	if flag.NArg() > 0 || o.updates < 1 || o.clients < 2 || o.rate < 1 || o.faults < 1 || o.quiet <= 0 || programs(o.program) == nil {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := 0
	for _, p := range programs(o.program) {
		rep, err := soak(ctx, o, p, os.Stdout)
		if err != nil {
			fmt.Fprintf(os.Stderr, "soak: %s: %v\n", p.name, err)
			os.Exit(1)
		}
		rep.print(os.Stdout)
		if o.json != "" {
			if err := rep.write(jsonName(o, p)); err != nil {
				fmt.Fprintln(os.Stderr, "soak:", err)
				os.Exit(1)
			}
		}
		if len(rep.Failures) > 0 {
			code = 1
		}
	}
	os.Exit(code)
}
