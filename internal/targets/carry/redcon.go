package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
)

// redcon is a key-value server that also passes messages on.
type redcon struct{}

func (redcon) args(addr, dir string) []string { return []string{"-addr", addr} }

func (redcon) clients() []client {
	var l []client
	for i := range 4 {
		l = append(l, &respKeys{n: i, pipelined: 1 + 7*(i%2)})
	}
	return append(l, &respNews{n: 0}, &respNews{n: 1})
}

func (redcon) tools(addr string) []tool { return redisTools(addr) }

// redisTools are the clients of Redis, with what every server of its protocol can do.
func redisTools(addr string) []tool {
	_, port, _ := net.SplitHostPort(addr)
	return []tool{
		{name: "redis-benchmark", debian: "redis-tools", args: []string{"-p", port, "-c", "10", "-n", "4000", "-r", "1000", "-q", "-t", "set,get"}, right: func(out string) error {
			var lines []string
			for line := range strings.Lines(out) {
				if !strings.Contains(line, "CONFIG") { // which not every server has, and it goes on without
					lines = append(lines, line)
				}
			}
			out = strings.Join(lines, "")
			if n := strings.Count(out, "requests per second"); n < 2 || strings.Contains(strings.ToLower(out), "error") {
				return fmt.Errorf("%d of 2 tests ran through", n)
			}
			return nil
		}},
		{name: "redis-cli", debian: "redis-tools", args: []string{"-p", port}, stdin: "SET cli one\nGET cli\nSET cli two\nGET cli\nDEL cli\nGET cli\n", right: says("OK\none\nOK\ntwo\n1\n\n")},
	}
}

// respKeys writes and reads keys of its own, several commands at once.
type respKeys struct {
	n         int
	pipelined int
	c         *resp
	rnd       *rand.Rand
	has       map[string]string
}

const ownKeys = 50

func (k *respKeys) open(addr string, rnd *rand.Rand) (err error) {
	k.rnd, k.has = rnd, make(map[string]string)
	if k.c, err = dialRESP(addr); err != nil {
		return err
	}
	for i := range ownKeys {
		if _, err := k.c.ask("DEL", k.key(i)); err != nil {
			return err
		}
	}
	return nil
}

func (k *respKeys) close() { k.c.close() }

func (k *respKeys) key(i int) string { return fmt.Sprintf("load:%d:%d", k.n, i) }

func (k *respKeys) step() (int, error) {
	var sent strings.Builder
	var asked, answers []string
	for range k.pipelined {
		key := k.key(k.rnd.IntN(ownKeys))
		old, ok := k.has[key]
		var words []string
		var answer string
		switch k.rnd.IntN(5) {
		case 0, 1:
			value := strings.Repeat(fmt.Sprintf("%x", k.rnd.Uint64()), 1+k.rnd.IntN(40))
			k.has[key] = value
			words, answer = []string{"SET", key, value}, "+OK"
		case 2:
			delete(k.has, key)
			words, answer = []string{"DEL", key}, ":0"
			if ok {
				answer = ":1"
			}
		default:
			words, answer = []string{"GET", key}, "(nil)"
			if ok {
				answer = old
			}
		}
		sent.WriteString(request(words...))
		asked, answers = append(asked, words[0]+" "+words[1]), append(answers, answer)
	}
	if err := k.c.send(sent.String()); err != nil {
		return 0, err
	}
	n := 0
	var bad error
	for i, want := range answers {
		got, err := k.c.reply()
		if err != nil {
			return n, err
		}
		if got != want {
			bad = errors.Join(bad, wrongf("%s: %.80q instead of %.80q", asked[i], got, want))
			continue
		}
		n++
	}
	return n, bad
}

// respNews publishes to itself, over two connections: each message arrives, once and in order.
type respNews struct {
	n         int
	pub, sub  *resp
	published int
}

func (s *respNews) channel() string { return fmt.Sprintf("news:%d", s.n) }

func (s *respNews) open(addr string, rnd *rand.Rand) (err error) {
	if s.pub, err = dialRESP(addr); err != nil {
		return err
	}
	if s.sub, err = dialRESP(addr); err != nil {
		return err
	}
	s.published = 0
	return s.sub.want(fmt.Sprintf("[subscribe %s :1]", s.channel()), "SUBSCRIBE", s.channel())
}

func (s *respNews) close() {
	s.pub.close()
	s.sub.close()
}

func (s *respNews) step() (int, error) {
	s.published++
	message := fmt.Sprint(s.published)
	if err := s.pub.want(":1", "PUBLISH", s.channel(), message); err != nil {
		return 0, err
	}
	got, err := s.sub.reply()
	if want := fmt.Sprintf("[message %s %s]", s.channel(), message); err == nil && got != want {
		err = wrongf("a message arrived as %q instead of %q", got, want)
	}
	if err != nil {
		return 1, err
	}
	return 2, nil
}

func (redcon) trial(addr string, rnd *rand.Rand, t *transcript) trial {
	return &redconTrial{addr: addr, name: fmt.Sprintf("trial:%x", rnd.Uint64()), rnd: rnd, t: t}
}

// redconTrial leaves keys behind, a subscription, and a command that has been sent in half.
type redconTrial struct {
	addr, name     string
	rnd            *rand.Rand
	t              *transcript
	keys           []string
	sub, half, one *resp
	rest           string
}

func (r *redconTrial) before() (err error) {
	for _, c := range []**resp{&r.sub, &r.half, &r.one} {
		if *c, err = dialRESP(r.addr); err != nil {
			return err
		}
	}
	if err := r.sub.said(r.t, "SUBSCRIBE", r.name+":a", r.name+":b"); err != nil {
		return err
	}
	if _, err := r.sub.reply(); err != nil {
		return err
	}
	for i := range 20 {
		key := fmt.Sprintf("%s:%d", r.name, i)
		r.keys = append(r.keys, key)
		if err := r.one.want("+OK", "SET", key, fmt.Sprintf("%x", r.rnd.Uint64())); err != nil {
			return err
		}
	}
	if err := r.half.want("+OK", "SET", r.name+":mine", "before"); err != nil {
		return err
	}
	whole := request("SET", r.name+":half", fmt.Sprintf("%x", r.rnd.Uint64())) + request("GET", r.name+":half")
	cut := 10 + r.rnd.IntN(20)
	r.rest = whole[cut:]
	return r.half.send(whole[:cut])
}

func (r *redconTrial) after() error {
	if err := r.half.send(r.rest); err != nil {
		return err
	}
	for range 2 {
		got, err := r.half.reply()
		if err != nil {
			return fmt.Errorf("the command that was sent in half: %w", err)
		}
		r.t.add("the command that was sent in half: %s", got)
	}
	for _, words := range [][]string{
		{"PUBLISH", r.name + ":a", "one"}, {"PUBLISH", r.name + ":b", "two"}, {"PUBLISH", r.name + ":c", "three"},
		{"GET", r.name + ":mine"}, {"DEL", r.keys[0], r.keys[1], r.name + ":none"}, {"GET", r.keys[0]}, {"GET", r.name + ":none"},
		{"SET", "alone"}, {"NONE", "of", "it"}, {"CONFIG", "GET", "save"}, {"PING"},
	} {
		if err := r.one.said(r.t, words...); err != nil {
			return err
		}
	}
	for range 2 {
		got, err := r.sub.reply()
		if err != nil {
			return err
		}
		r.t.add("a message: %s", got)
	}
	for _, key := range r.keys[2:] {
		if err := r.one.said(r.t, "GET", key); err != nil {
			return err
		}
	}
	if err := r.one.send("PING\r\nGET " + r.keys[3] + "\r\n"); err != nil { // as by telnet
		return err
	}
	for range 2 {
		got, err := r.one.reply()
		if err != nil {
			return err
		}
		r.t.add("as by telnet: %s", got)
	}
	if err := r.one.said(r.t, "QUIT"); err != nil {
		return err
	}
	_, err := r.one.reply()
	r.t.add("behind QUIT: %v", err)
	return nil
}

func (r *redconTrial) close() {
	r.sub.close()
	r.half.close()
	r.one.close()
}
