// Command drive uses a release of the auth example ($UPSTARE_PROGRAM): users with the right
// password have to be let in and shown their secrets, whatever happens to the server
// meanwhile, and nobody else.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A visit is a user who comes to the server.
type visit struct {
	user, password, terms string
	in                    bool // he has to be let in

	// reading is closed when he is asked for consent, and he answers when told is.
	reading, told chan bool
}

// visits come one after the other, for so an update that waits for the n-th goroutine
// to come to a place always finds the same user there.
var visits = []visit{
	{user: "bob", password: "apple", terms: "yes"},
	{user: "bob", password: "birch", terms: "yes", in: true},
	{user: "eve", terms: "yes"},
	{user: "ann", password: "apple", terms: "no"},
	{user: "ann", password: "apple", terms: "yes", in: true},
}

func main() {
	log.SetFlags(0)
	if err := drive(os.Getenv("UPSTARE_PROGRAM")); err != nil {
		log.Fatal(err)
	}
}

func drive(program string) error {
	words := strings.Fields(program)
	if len(words) == 0 {
		return fmt.Errorf("$UPSTARE_PROGRAM names no program")
	}
	cmd := exec.Command(words[0], append(words[1:], "-addr", "127.0.0.1:0")...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		return fmt.Errorf("it says %q, %v", line, err)
	}
	if err := visits[0].pay(addr); err != nil {
		return err
	}
	// Two read the terms all the while, and what is done about them is done when they answer.
	slow := []visit{{user: "ann", password: "apple", terms: "yes", in: true}, {user: "eve", password: "eagle", terms: "yes"}}
	ends, told := make(chan error, len(slow)), make(chan bool)
	for _, v := range slow {
		v.reading, v.told = make(chan bool), told
		go func() { ends <- v.pay(addr) }()
		select {
		case <-v.reading:
		case err := <-ends: // not all are asked
			if err != nil {
				return err
			}
			ends <- nil
		}
	}
	for _, v := range visits[1:] {
		if err := v.pay(addr); err != nil {
			return err
		}
	}
	close(told)
	for range slow {
		if err := <-ends; err != nil {
			return err
		}
	}
	stdin.Close()
	return cmd.Wait()
}

// pay answers whatever the server asks.
func (v visit) pay(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewScanner(conn)
	answers := map[string][]string{"login?": {v.user}, "password?": {v.password}, "terms?": {v.terms}, "command?": {"secret", "quit"}}
	var heard []string
	for in.Scan() {
		heard = append(heard, in.Text())
		if l := answers[in.Text()]; len(l) > 0 {
			answers[in.Text()] = l[1:]
			if v.reading != nil && in.Text() == "terms?" {
				close(v.reading)
				<-v.told
			}
			if _, err := io.WriteString(conn, l[0]+"\n"); err != nil {
				break
			}
		}
	}
	if err := in.Err(); err != nil {
		heard = append(heard, err.Error())
	}
	all := strings.Join(heard, "; ")
	welcome, secret, bye := strings.Contains(all, "welcome"), strings.Contains(all, v.user+"'s"), strings.HasSuffix(all, "; bye")
	switch {
	case v.in && !(welcome && secret && bye):
		return fmt.Errorf("%s, whose password is right, was dropped: %s", v.user, all)
	case !v.in && (welcome || secret):
		return fmt.Errorf("%s was let in without a right password: %s", v.user, all)
	}
	return nil
}
