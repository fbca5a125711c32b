package main

import (
	"os"
	signals "os/signal"
	"runtime/debug"
	"syscall"
)

// On SIGUSR1 the process gives back what memory it does not need: what is resident then, stays.
func init() {
	c := make(chan os.Signal, 1)
	signals.Notify(c, syscall.SIGUSR1)
	go func() {
		for range c {
			debug.FreeOSMemory()
		}
	}()
}
