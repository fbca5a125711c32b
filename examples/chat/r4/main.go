// Chat is a chat server: what is said in a room goes to its members, which are connected
// by Server-Sent Events or by WebSockets.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"
)

const release = "r4"

var rooms = &hub{rooms: map[string]*room{}}

func main() {
	log.SetFlags(0)
	log.SetPrefix("chat: ")
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	flag.Parse()

	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	go rooms.janitor(time.Minute)
	fmt.Println("listening on", ln.Addr())
	log.Fatal(http.Serve(ln, routes(rooms)))
}
