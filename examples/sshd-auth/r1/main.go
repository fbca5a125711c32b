// Command sshd is a small SSH server on golang.org/x/crypto/ssh. A user needs his key and a
// code that is good for once; then he can have commands run, in as many sessions as he
// likes. It ends when its standard input does.
//
// This is release 1: key and code are verified when the first session begins.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"

	"example.com/sshd/users"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:2222", "where to listen")
	hostKey := flag.String("key", "host.key", "`file` with the host's private key")
	list := flag.String("users", "users.json", "`file` with the users")
	flag.Parse()
	if err := users.Load(*list); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(*hostKey)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		log.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: identify}
	config.AddHostKey(key)
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", ln.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		ln.Close()
	}()
	var connections sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			break // closed
		}
		connections.Go(func() { newConnection(conn).run(config) })
	}
	connections.Wait()
}

// identify lets every key pass: the transport sees to it that the client has it, and who
// may come in with it is verified later.
func identify(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	return &ssh.Permissions{Extensions: map[string]string{"key": ssh.FingerprintSHA256(key)}}, nil
}
