package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"syscall"
)

// benchmark is a redis-benchmark that runs beside the other clients.
type benchmark struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan struct{}
}

// startBenchmark returns nil if there is no redis-benchmark.
func startBenchmark(ctx context.Context, addr string) (*benchmark, error) {
	path, err := exec.LookPath("redis-benchmark")
	if err != nil {
		return nil, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	b := &benchmark{ended: make(chan struct{})}
	b.cmd = exec.CommandContext(ctx, path, "-h", host, "-p", port, "-l", "-q", "-n", "2000", "-c", "2", "-r", "1000",
		"-t", "ping,set,get,incr,lpush,lpop,mset")
	b.cmd.Stderr = &b.stderr
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		b.cmd.Wait()
		close(b.ended)
	}()
	return b, nil
}

// stop ends it. It is an error if it ended before, as it does when a connection
// is dropped or answered with an error.
func (b *benchmark) stop() error {
	select {
	case <-b.ended:
		return fmt.Errorf("redis-benchmark gave up: %s", b.stderr.Bytes())
	default:
	}
	b.cmd.Process.Signal(syscall.SIGTERM)
	<-b.ended
	return nil
}
