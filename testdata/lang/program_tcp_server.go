// A small program: a line server over TCP with a shared store, sessions with state, a blocking pop, a graceful end.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type store struct {
	mu    sync.Mutex
	data  map[string]string
	lists map[string][]string
	some  map[string][]chan string
}

func (s *store) push(k, v string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.some[k]; len(w) > 0 {
		s.some[k] = w[1:]
		pause()
		w[0] <- v
		return
	}
	s.lists[k] = append(s.lists[k], v)
}

func (s *store) pop(ctx context.Context, k string) (string, error) {
	s.mu.Lock()
	if l := s.lists[k]; len(l) > 0 {
		defer s.mu.Unlock()
		s.lists[k] = l[1:]
		return l[0], nil
	}
	c := make(chan string, 1)
	s.some[k] = append(s.some[k], c)
	s.mu.Unlock()
	select {
	case v := <-c:
		pause()
		return v, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

type session struct {
	*store
	queue [][]string
	multi bool
	n     int
}

var errQuit = errors.New("quit")

func (s *session) do(ctx context.Context, args []string) (reply string, err error) {
	defer func() {
		if r := recover(); r != nil {
			pause()
			reply = fmt.Sprint("-ERR ", r)
		}
	}()
	s.n++
	if s.multi && args[0] != "EXEC" {
		s.queue = append(s.queue, args)
		return "QUEUED", nil
	}
	switch args[0] {
	case "SET":
		s.mu.Lock()
		defer s.mu.Unlock()
		pause()
		s.data[args[1]] = args[2]
		return "OK", nil
	case "GET":
		s.mu.Lock()
		v, ok := s.data[args[1]]
		s.mu.Unlock()
		if !ok {
			return "nil", nil
		}
		return v, nil
	case "INCR":
		s.mu.Lock()
		defer s.mu.Unlock()
		n, err := strconv.Atoi(s.data[args[1]])
		if err != nil && s.data[args[1]] != "" {
			panic("not a number")
		}
		pause()
		s.data[args[1]] = strconv.Itoa(n + 1)
		return s.data[args[1]], nil
	case "MULTI":
		s.multi = true
		return "OK", nil
	case "EXEC":
		s.multi = false
		var replies []string
		for _, q := range s.queue {
			r, err := s.do(ctx, q)
			if err != nil {
				return "", err
			}
			replies = append(replies, r)
			pause()
		}
		s.queue = nil
		return strings.Join(replies, "|"), nil
	case "PUSH":
		s.push(args[1], args[2])
		return "OK", nil
	case "POP":
		return s.pop(ctx, args[1])
	case "COUNT":
		return strconv.Itoa(s.n), nil
	case "QUIT":
		return "", errQuit
	}
	return "-ERR unknown " + args[0], nil
}

func serve(ctx context.Context, c net.Conn, st *store) error {
	defer c.Close()
	s := &session{store: st}
	in, out := bufio.NewScanner(c), bufio.NewWriter(c)
	for in.Scan() {
		pause()
		args := strings.Fields(in.Text())
		if len(args) == 0 {
			continue
		}
		reply, err := s.do(ctx, args)
		if errors.Is(err, errQuit) {
			return nil
		} else if err != nil {
			return err
		}
		fmt.Fprintln(out, reply)
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return in.Err()
}

func client(addr string, lines ...string) (replies []string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return []string{"no connection"}
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for _, l := range lines {
		fmt.Fprintln(c, l)
		reply, err := r.ReadString('\n')
		if err == io.EOF {
			return append(replies, "EOF")
		}
		pause()
		replies = append(replies, strings.TrimSpace(reply))
	}
	return
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	st := &store{data: map[string]string{}, lists: map[string][]string{}, some: map[string][]chan string{}}
	var conns sync.WaitGroup
	accepting := make(chan error)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				conns.Wait()
				accepting <- err
				return
			}
			conns.Go(func() { serve(ctx, c, st) })
		}
	}()
	addr := l.Addr().String()
	fmt.Println(client(addr, "SET a 1", "GET a", "GET b", "INCR a", "INCR new", "SET s x", "INCR s", "WHAT", "SET short", "COUNT"))
	fmt.Println(client(addr, "MULTI", "INCR a", "SET m n", "GET m", "EXEC", "COUNT", "QUIT"))
	var wg sync.WaitGroup
	popped := make([]string, 4)
	for i := range popped {
		wg.Go(func() { popped[i] = client(addr, "POP list")[0] })
	}
	for i := range popped {
		client(addr, fmt.Sprint("PUSH list v", i))
	}
	wg.Wait()
	sort.Strings(popped)
	fmt.Println(popped)
	for range 8 {
		wg.Go(func() {
			for range 10 {
				client(addr, "INCR total")
			}
		})
	}
	wg.Wait()
	fmt.Println(client(addr, "GET total"))
	waiting := make(chan []string)
	go func() { waiting <- client(addr, "SET waiting yes", "POP never") }()
	for client(addr, "GET waiting")[0] != "yes" {
		pause()
	}
	l.Close()
	cancel()
	fmt.Println(<-waiting, errors.Is(<-accepting, net.ErrClosed))
}
