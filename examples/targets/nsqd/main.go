// Nsqd is a message queue, on package nsqd of the program of that name.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/nsqio/nsq/nsqd"
)

func main() {
	opts := nsqd.NewOptions()
	flag.StringVar(&opts.TCPAddress, "addr", "127.0.0.1:4150", "`address` to listen on")
	flag.StringVar(&opts.HTTPAddress, "http", "127.0.0.1:4151", "`address` to listen on for HTTP")
	flag.StringVar(&opts.DataPath, "data", "", "`directory` of what does not fit into memory")
	flag.Parse()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)

	n, err := nsqd.New(opts)
	if err != nil {
		log.Fatal(err)
	}
	if err := n.LoadMetadata(); err != nil {
		log.Fatal(err)
	}
	if err := n.PersistMetadata(); err != nil {
		log.Fatal(err)
	}
	var once sync.Once
	go func() {
		if err := n.Main(); err != nil {
			once.Do(n.Exit)
			os.Exit(1)
		}
	}()
	<-stop
	once.Do(n.Exit)
}
