// Command auth lets users in over TCP, who can have their secrets shown. It ends when its
// standard input does.
//
// This is release 1: the password is verified when the session is opened, after the terms
// have been accepted.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:7722", "where to listen")
	flag.Parse()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", ln.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		ln.Close()
	}()
	var sessions sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			break // closed
		}
		sessions.Add(1)
		go func() {
			defer sessions.Done()
			newSession(conn).run()
		}()
	}
	sessions.Wait()
}
