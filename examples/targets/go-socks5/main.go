// Socksd is a SOCKS5 proxy that lets everybody connect anywhere, on go-socks5.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/things-go/go-socks5"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:1080", "`address` to listen on")
	flag.Parse()
	server := socks5.NewServer(
		socks5.WithLogger(socks5.NewLogger(log.New(os.Stderr, "socksd: ", log.LstdFlags))),
	)
	if err := server.ListenAndServe("tcp", *addr); err != nil {
		log.Fatal(err)
	}
}
