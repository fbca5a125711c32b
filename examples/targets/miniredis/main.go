// Miniredisd runs miniredis as a server of its own. Time passes for it as it does for
// everybody: a goroutine tells it how much.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:6381", "`address` to listen on")
	flag.Parse()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)

	m := miniredis.NewMiniRedis()
	if err := m.StartAddr(*addr); err != nil {
		log.Fatal(err)
	}
	go pass(m)
	<-stop
	m.Close()
}

func pass(m *miniredis.Miniredis) {
	const tick = 100 * time.Millisecond
	for range time.Tick(tick) {
		m.FastForward(tick)
	}
}
