package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// miniredis is a Redis in memory, with commands that wait, transactions and scripts.
type miniredis struct{}

func (miniredis) args(addr, dir string) []string { return []string{"-addr", addr} }

func (miniredis) clients() []client {
	var l []client
	for i := range 3 {
		l = append(l, &respKeys{n: i, pipelined: 1 + 7*(i%2)})
	}
	return append(l, &respNews{n: 0}, &respQueue{n: 0}, &respQueue{n: 1}, &respTransactions{}, &respScripts{})
}

// tools are redis-benchmark, and redis-cli with a command on its line: one that reads commands asks COMMAND first, and is
// aborted by what releases from 2.30.2 on answer.
func (miniredis) tools(addr string) []tool {
	l := redisTools(addr)
	cli := &l[len(l)-1]
	cli.args = append(cli.args, "EVAL", "redis.call('SET', 'cli', ARGV[1]); return {redis.call('GET', 'cli'), redis.call('DEL', 'cli')}", "0", "one")
	cli.stdin, cli.right = "", says("one\n1\n")
	return l
}

// respQueue waits for what it hands itself over another connection.
type respQueue struct {
	n          int
	rnd        *rand.Rand
	pop, push  *resp
	waiting    bool
	handedOver int
}

func (q *respQueue) open(addr string, rnd *rand.Rand) (err error) {
	q.rnd, q.waiting = rnd, false
	if q.pop, err = dialRESP(addr); err != nil {
		return err
	}
	if q.push, err = dialRESP(addr); err != nil {
		return err
	}
	_, err = q.push.ask("DEL", q.key())
	return err
}

func (q *respQueue) close() {
	q.pop.close()
	q.push.close()
}

func (q *respQueue) key() string { return fmt.Sprintf("queue:%d", q.n) }

func (q *respQueue) step() (int, error) {
	if !q.waiting {
		q.waiting = true
		return 0, q.pop.send(request("BLPOP", q.key(), "0"))
	}
	if q.rnd.IntN(3) > 0 {
		return 1, q.push.want("+PONG", "PING") // while the other waits
	}
	q.waiting = false
	q.handedOver++
	value := fmt.Sprint(q.handedOver)
	if err := q.push.want(":1", "RPUSH", q.key(), value); err != nil {
		return 0, err
	}
	got, err := q.pop.reply()
	if want := fmt.Sprintf("[%s %s]", q.key(), value); err == nil && got != want {
		err = wrongf("%q came out of a queue instead of %q", got, want)
	}
	if err != nil {
		return 1, err
	}
	return 2, nil
}

// respTransactions counts in two places at once.
type respTransactions struct {
	c      *resp
	n      int
	queued bool
}

func (x *respTransactions) open(addr string, rnd *rand.Rand) (err error) {
	x.n, x.queued = 0, false
	if x.c, err = dialRESP(addr); err != nil {
		return err
	}
	_, err = x.c.ask("DEL", "left", "right")
	return err
}

func (x *respTransactions) close() { x.c.close() }

func (x *respTransactions) step() (int, error) {
	if !x.queued {
		x.queued = true
		if err := x.c.want("+OK", "MULTI"); err != nil {
			return 0, err
		}
		for i, key := range []string{"left", "right"} {
			if err := x.c.want("+QUEUED", "INCR", key); err != nil {
				return 1 + i, err
			}
		}
		return 3, nil
	}
	x.n++
	x.queued = false
	return 1, x.c.want(fmt.Sprintf("[:%d :%d]", x.n, x.n), "EXEC")
}

// respScripts runs Lua.
type respScripts struct {
	c *resp
	n int
}

func (s *respScripts) open(addr string, rnd *rand.Rand) (err error) {
	s.n = 0
	if s.c, err = dialRESP(addr); err != nil {
		return err
	}
	_, err = s.c.ask("DEL", "scripted")
	return err
}

func (s *respScripts) close() { s.c.close() }

func (s *respScripts) step() (int, error) {
	s.n += 2
	return 1, s.c.want(fmt.Sprintf(":%d", s.n), "EVAL", `redis.call("INCR", KEYS[1]); return redis.call("INCR", KEYS[1])`, "1", "scripted")
}

func (miniredis) trial(addr string, rnd *rand.Rand, t *transcript) trial {
	return &miniredisTrial{addr: addr, name: fmt.Sprintf("{trial%x}", rnd.Uint64()), rnd: rnd, t: t}
}

// miniredisTrial leaves values of all kinds, and connections: in commands that wait, in a
// transaction, with a key that is watched, subscribed, in another database, and in a command that has
// been sent in half.
type miniredisTrial struct {
	addr, name string
	rnd        *rand.Rand
	t          *transcript

	one, pops, reads, queues, watches, hears, other, half *resp
	rest, script                                          string
}

func (m *miniredisTrial) key(s string) string { return m.name + s }

func (m *miniredisTrial) value() string { return fmt.Sprintf("%x", m.rnd.Uint64()) }

func (m *miniredisTrial) before() (err error) {
	for _, c := range []**resp{&m.one, &m.pops, &m.reads, &m.queues, &m.watches, &m.hears, &m.other, &m.half} {
		if *c, err = dialRESP(m.addr); err != nil {
			return err
		}
	}
	if err := m.tick(); err != nil {
		return err
	}
	for _, words := range [][]string{
		{"SET", m.key("string"), m.value()}, {"SET", m.key("expires"), m.value(), "EX", "10000"}, {"SET", m.key("watched"), "1"}, {"SET", m.key("number"), "10"},
		{"HSET", m.key("hash"), "a", m.value(), "b", m.value()}, {"RPUSH", m.key("list"), m.value(), m.value(), m.value()},
		{"SADD", m.key("set"), "1", "2", "3"}, {"ZADD", m.key("zset"), "1", "one", "2", "two", "3", "three"},
		{"XADD", m.key("stream"), "1-1", "k", m.value()}, {"XADD", m.key("stream"), "2-1", "k", m.value()},
		{"XGROUP", "CREATE", m.key("stream"), "group", "0"}, {"XREADGROUP", "GROUP", "group", "who", "COUNT", "1", "STREAMS", m.key("stream"), ">"},
		{"PFADD", m.key("hll"), "a", "b", "c"}, {"SETBIT", m.key("bits"), "7", "1"}, {"GEOADD", m.key("geo"), "13.361389", "38.115556", "Palermo"},
	} {
		if err := m.one.said(m.t, words...); err != nil {
			return err
		}
	}
	if m.script, err = m.one.ask("SCRIPT", "LOAD", `return {KEYS[1], redis.call("GET", KEYS[1])}`); err != nil {
		return err
	}
	if err := m.pops.send(request("BLPOP", m.key("empty"), m.key("empty too"), "0")); err != nil {
		return err
	}
	if err := m.reads.send(request("XREAD", "BLOCK", "0", "STREAMS", m.key("stream"), "$")); err != nil {
		return err
	}
	for _, words := range [][]string{{"MULTI"}, {"SET", m.key("by exec"), m.value()}, {"INCRBY", m.key("number"), "5"}, {"GET", m.key("string")}} {
		if err := m.queues.said(m.t, words...); err != nil {
			return err
		}
	}
	for _, words := range [][]string{{"WATCH", m.key("watched")}, {"MULTI"}, {"SET", m.key("by watched"), "1"}} {
		if err := m.watches.said(m.t, words...); err != nil {
			return err
		}
	}
	for _, words := range [][]string{{"SUBSCRIBE", m.key("channel")}, {"PSUBSCRIBE", m.key("pattern") + "*"}} {
		if err := m.hears.said(m.t, words...); err != nil {
			return err
		}
	}
	for _, words := range [][]string{{"SELECT", "3"}, {"SET", m.key("there"), m.value()}} {
		if err := m.other.said(m.t, words...); err != nil {
			return err
		}
	}
	whole := request("SET", m.key("half"), m.value()) + request("GET", m.key("half"))
	cut := 5 + m.rnd.IntN(40)
	m.rest = whole[cut:]
	return m.half.send(whole[:cut])
}

func (m *miniredisTrial) heard(what string, c *resp) error {
	got, err := c.reply()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	m.t.add("%s: %s", what, got)
	return nil
}

func (m *miniredisTrial) after() error {
	for _, step := range []func() error{m.resumed, m.ticks, m.values, m.later} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// resumed takes up what was in its middle.
func (m *miniredisTrial) resumed() error {
	if err := m.one.said(m.t, "RPUSH", m.key("empty too"), m.value(), m.value()); err != nil {
		return err
	}
	if err := m.heard("BLPOP", m.pops); err != nil {
		return err
	}
	if err := m.one.said(m.t, "XADD", m.key("stream"), "3-1", "k", m.value()); err != nil {
		return err
	}
	if err := m.heard("XREAD", m.reads); err != nil {
		return err
	}
	if err := m.queues.said(m.t, "EXEC"); err != nil {
		return err
	}
	if err := m.one.said(m.t, "SET", m.key("watched"), "2"); err != nil {
		return err
	}
	if err := m.watches.said(m.t, "EXEC"); err != nil {
		return err
	}
	// What comes by a channel and what comes by a pattern is sent by two goroutines, in any order.
	for _, channel := range []string{"channel", "pattern-1"} {
		if err := m.one.said(m.t, "PUBLISH", m.key(channel), m.value()); err != nil {
			return err
		}
		if err := m.heard("a message", m.hears); err != nil {
			return err
		}
	}
	if err := m.one.said(m.t, "PUBLISH", m.key("none"), m.value()); err != nil {
		return err
	}
	if err := m.hears.said(m.t, "UNSUBSCRIBE", m.key("channel")); err != nil {
		return err
	}
	if err := m.other.said(m.t, "GET", m.key("there")); err != nil {
		return err
	}
	if err := m.half.send(m.rest); err != nil {
		return err
	}
	for range 2 {
		if err := m.heard("the command that was sent in half", m.half); err != nil {
			return err
		}
	}
	return nil
}

// ticks waits until time has passed twice on the server: its goroutine for that has come back then
// and gone on, and what it is the first to start when it comes back has begun.
func (m *miniredisTrial) ticks() error {
	for range 2 {
		if err := m.tick(); err != nil {
			return err
		}
	}
	return nil
}

// tick waits until time has passed on the server. It does so when the server has started: one that
// accepts connections already may not know its commands yet.
func (m *miniredisTrial) tick() error {
	set := false
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		words, want := []string{"PSETEX", m.key("passing"), "1", "x"}, "+OK"
		if set {
			words, want = []string{"EXISTS", m.key("passing")}, ":0"
		}
		switch got, err := m.one.ask(words...); {
		case err != nil:
			return err
		case got == want && set:
			return nil
		case got == want:
			set = true
		case time.Now().After(end):
			return wrongf("time does not pass on the server: %s", got)
		}
	}
}

// values asks for what was put in.
func (m *miniredisTrial) values() error {
	for _, line := range strings.Split(`GET string|GET expires|PERSIST expires|PERSIST string|GET by exec|GET by watched|GET number|TYPE zset|TYPE stream
HGET hash a|HLEN hash|HEXISTS hash c|LRANGE list 0 -1|LLEN list|LINDEX list 1|LRANGE empty too 0 -1|SMEMBERS set|SISMEMBER set 2|SCARD set
ZRANGE zset 0 -1 WITHSCORES|ZSCORE zset two|ZRANK zset three|ZRANK zset three WITHSCORE|ZREVRANK zset three|ZRANGEBYSCORE zset (1 3|ZRANGE zset 0 -1 REV
XLEN stream|XRANGE stream - +|XPENDING stream group|XACK stream group 1-1|XINFO STREAM stream|PFCOUNT hll|GETBIT bits 7|BITCOUNT bits|GEODIST geo Palermo Palermo
EXISTS string none|OBJECT IDLETIME string|DUMP none|COPY string copied|GET copied|RENAME copied renamed|GET renamed|GETDEL renamed|GET renamed|GETEX string
EXPIRE string 1000 NX|EXPIRE string 2000 NX|EXPIRETIME none|APPEND string x|STRLEN string|INCR string|SETRANGE string 2 yy|GETRANGE string 0 3|LCS a b
SINTERCARD 1 set|SMISMEMBER set 1 9|SRANDMEMBER none|HRANDFIELD none|ZRANDMEMBER none|LPOS list none|LMPOP 1 list LEFT|ZMPOP 1 zset MIN
HINCRBY hash n 5|HSETNX hash n 6|HSTRLEN hash n|ZADD zset GT 1 one|ZADD zset NX 9 nine|ZINCRBY zset 2 one|ZLEXCOUNT zset - +|XDEL stream 1-1|XTRIM stream MAXLEN 1`, "\n") {
		for command := range strings.SplitSeq(line, "|") {
			words := strings.Fields(command)
			if strings.HasPrefix(command, "LRANGE empty too") {
				words = []string{"LRANGE", "empty too", "0", "-1"}
			} else if strings.HasPrefix(command, "GET by ") {
				words = []string{"GET", command[4:]}
			}
			// Names of keys, wherever they stand.
			for i := range words {
				switch words[i] {
				case "string", "expires", "by exec", "by watched", "number", "zset", "stream", "hash", "list", "empty too", "set", "hll", "bits", "geo", "copied", "renamed", "none":
					words[i] = m.key(words[i])
				}
			}
			if err := m.one.said(m.t, words...); err != nil {
				return err
			}
		}
	}
	return nil
}

// later are connections and requests that begin behind the update, on old connections and new ones.
func (m *miniredisTrial) later() error {
	hash := strings.TrimPrefix(m.script, "$")
	fresh, err := dialRESP(m.addr)
	if err != nil {
		return err
	}
	defer fresh.close()
	for _, c := range []*resp{m.one, fresh} {
		for _, words := range [][]string{
			{"EVALSHA", hash, "1", m.key("string")}, {"SCRIPT", "EXISTS", hash, "0"}, {"EVAL", "return redis.call('NONE')", "0"}, {"EVAL", "return cjson.encode({1})", "0"},
			{"EVAL", "return {1, 'two', {3}, false}", "0"}, {"MULTI"}, {"NONE"}, {"EXEC"}, {"EXEC"}, {"PING", "x"}, {"ECHO", "x"}, {"SET", "a"}, {"GET", m.key("list")},
			{"DISCARD"}, {"CLIENT", "SETNAME", "me"}, {"CLIENT", "GETNAME"}, {"COMMAND", "COUNT"}, {"HELLO", "4"}, {"BLPOP", m.key("none"), "x"}, {"WAIT", "0", "0"},
			{"PUBSUB", "NUMSUB", m.key("channel")}, {"SELECT", "99"}, {"SWAPDB", "7", "8"}, {"DBSIZE", "x"}, {"MGET", m.key("string"), m.key("none")},
		} {
			if err := c.said(m.t, words...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *miniredisTrial) close() {
	for _, c := range []*resp{m.one, m.pops, m.reads, m.queues, m.watches, m.hears, m.other, m.half} {
		c.close()
	}
}
