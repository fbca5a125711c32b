// Web is a server on net/http that is updated under load: sessions that count, values
// that all clients share, and news, which are streamed and polled for.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
)

const release = 2

func main() {
	log.SetFlags(0)
	log.SetPrefix("web: ")
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s := newServer()
	srv := &http.Server{Handler: routes(s)}
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	fmt.Println("listening on", l.Addr())
	if err := srv.Serve(l); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}

// routes makes the handler of all requests, which is the one for as long as the server
// runs.
func routes(s *server) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /release", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, release) })
	mux.HandleFunc("POST /count", s.count)
	mux.HandleFunc("GET /value", s.get)
	mux.HandleFunc("PUT /value", s.set)
	mux.HandleFunc("POST /value", s.add)
	mux.HandleFunc("DELETE /value", s.remove)
	mux.HandleFunc("POST /news", s.say)
	mux.HandleFunc("GET /news", s.poll)
	mux.HandleFunc("GET /stream", s.stream)
	return mux
}
