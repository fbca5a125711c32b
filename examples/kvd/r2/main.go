// Kvd is a key-value server in memory that speaks the Redis protocol.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("kvd: ")
	addr := flag.String("addr", defaultAddr(), "`address` to listen on; the default is $KVD_ADDR when that is set")
	flag.Parse()

	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	srv := newServer()
	go func() {
		<-ctx.Done()
		srv.shutdown(ln)
	}()
	fmt.Println("listening on", ln.Addr())
	if err := srv.serve(ln); err != nil {
		log.Fatal(err)
	}
}

func defaultAddr() string {
	if addr := os.Getenv("KVD_ADDR"); addr != "" {
		return addr
	}
	return "127.0.0.1:6379"
}
