// Command echo answers each byte with the number of its release, on any number of connections.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

const release = 1

func serve(c net.Conn) {
	defer c.Close()
	b := make([]byte, 1)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
		b[0] = '0' + release
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

func accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go serve(c)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		ln, err := net.Listen("tcp", "0.0.0.0:0")
		if err != nil {
			panic(err)
		}
		go accept(ln)
		fmt.Println(ln.Addr().(*net.TCPAddr).Port)
	}
}
