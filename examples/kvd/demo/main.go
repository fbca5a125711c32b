// Demo carries a key-value server through three updates while clients use it,
// and checks that they notice nothing. It is what make demo runs:
//
//	go run ./examples/kvd/demo
//
// It ends with 0 only if the process stayed the same, no connection was dropped,
// and no operation was lost, doubled or answered wrongly.
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
	plain    bool
	release  int
	conns    int
	rate     int
	duration time.Duration
	limit    time.Duration
	dir      string
}

func main() {
	var o options
	flag.BoolVar(&o.plain, "plain", false, "build kvd with plain go build and do not update it: the same clients against an ordinary program")
	flag.IntVar(&o.release, "release", 1, "the `release` to run with -plain")
	flag.IntVar(&o.conns, "conns", 16, "`number` of connections that read and write")
	flag.IntVar(&o.rate, "rate", 300, "operations a `second` of each of them")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "`time` without an update before each update and at the end")
	flag.DurationVar(&o.limit, "limit", 15*time.Minute, "`time` after which a run that hangs is given up, builds included")
	flag.StringVar(&o.dir, "dir", "", "`directory` to build in, which is kept; a temporary one is kept only after a failure")
	flag.Parse()
	if flag.NArg() > 0 || o.conns < 1 || o.rate < 1 || o.release < 1 || o.release > releases || o.duration <= 0 {
		flag.Usage()
		os.Exit(2)
	}

	ctx, cancel := context.WithTimeout(context.Background(), o.limit)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := demo(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(1)
	}
}
