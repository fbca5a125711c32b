// Command inflight has foreign calls that write into its own objects for as long
// as nothing arrives: an array inside a struct, and a struct that is decoded into.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

type session struct {
	buf  [64]byte
	seen int
}

type config struct {
	Name string
}

// Both are reachable from here, so that an update converts them at commit.
var (
	sessions []*session
	configs  []*config
)

func read(r io.Reader, done chan<- string) {
	s := &session{}
	sessions = append(sessions, s)
	done <- "reading"
	for {
		n, err := r.Read(s.buf[:])
		if err != nil {
			return
		}
		s.seen += n
		done <- fmt.Sprintf("read %s, %d in all", s.buf[:n], s.seen)
		wait()
	}
}

func decode(r io.Reader, done chan<- string) {
	c := &config{}
	configs = append(configs, c)
	d := json.NewDecoder(r)
	done <- "decoding"
	for d.Decode(c) == nil {
		done <- "decoded " + c.Name
		wait()
	}
}

var next = make(chan bool)

// wait is outside of the foreign calls.
func wait() { <-next }

func main() {
	r1, w1 := io.Pipe()
	r2, w2 := io.Pipe()
	done := make(chan string)
	go read(r1, done)
	fmt.Println(<-done)
	go decode(r2, done)
	fmt.Println(<-done)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "read":
			io.WriteString(w1, "abc")
			fmt.Println(<-done)
		case "decode":
			io.WriteString(w2, `{"Name": "n"}`)
			fmt.Println(<-done)
		case "again":
			next <- true
			next <- true
			fmt.Println("in flight")
		}
	}
}
