package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// driven is how many steps each client makes before a trial takes its sessions up, and behind it.
const driven = 3

// drive uses the program that a rehearsal has named, once: a trial, and some steps of each client.
// What the clients are answered they know beforehand, whatever the release; a trial's answers may
// be those of either.
func drive(ctx context.Context, t target) (err error) {
	dir, err := os.MkdirTemp("", "drive-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, os.Getenv("UPSTARE_PROGRAM"), t.args(addr, dir)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		cmd.Process.Signal(syscall.SIGINT) // which all of them end by, by themselves or not
		select {
		case end := <-ended:
			if s, is := cmd.ProcessState.Sys().(syscall.WaitStatus); !is || !s.Signaled() || s.Signal() != syscall.SIGINT {
				err = errors.Join(err, end)
			}
		case <-time.After(patience):
			cmd.Process.Kill()
			err = errors.Join(err, errors.New("the program did not end when it was interrupted"))
		}
	}()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("the program did not come up: %w", err)
		}
	}
	return use(t, addr)
}

// use is what a driver does with a server.
func use(t target, addr string) (err error) {
	clients := t.clients()
	for i, c := range clients {
		if err := c.open(addr, rand.New(rand.NewPCG(1, uint64(i)))); err != nil {
			return fmt.Errorf("client %d (%T): %w", i, c, err)
		}
		defer c.close()
	}
	steps := func() error {
		for i, c := range clients {
			for range driven {
				if _, err := c.step(); err != nil {
					return fmt.Errorf("client %d (%T): %w", i, c, err)
				}
			}
		}
		return nil
	}
	trial, err := putIn(t, addr, 1)
	if err != nil {
		return err
	}
	if err := steps(); err != nil {
		trial.close()
		return err
	}
	if _, err := trial.getOut(); err != nil {
		return err
	}
	return steps()
}
