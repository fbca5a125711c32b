package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

// carried is values that are written once and must be right in every later
// release: strings, lists, and keys that expire late or soon. It uses one
// connection from the first release to the last.
type carried struct {
	rec     *record
	conn    *client.Conn
	strings map[string]string
	lists   map[string][]string
	expire  []expiring
}

// expiring is a key that lives for ttl from a time between sent and done.
type expiring struct {
	key        string
	sent, done time.Duration
	ttl        time.Duration
}

// clocks is how far the server's clock may be off from ours: it counts in
// milliseconds and rounds.
const clocks = 5 * time.Millisecond

func newCarried(rec *record, addr string) (*carried, error) {
	c, err := rec.open(addr)
	return &carried{rec: rec, conn: c, strings: make(map[string]string), lists: make(map[string][]string)}, err
}

// write adds values. horizon is about as long as the run will last.
func (c *carried) write(step int, horizon time.Duration) error {
	for i := range 100 {
		key, value := fmt.Sprintf("carried:%d:%d", step, i), fmt.Sprintf("value %d of step %d", i, step)
		if err := c.conn.Status("OK", "SET", key, value); err != nil {
			return err
		}
		c.strings[key] = value
	}
	for i := range 10 {
		key := fmt.Sprintf("carried:list:%d:%d", step, i)
		var list []string
		for j := range 3 * i {
			front := strconv.Itoa(-j)
			list = slices.Insert(append(list, strconv.Itoa(j)), 0, front)
			for _, push := range [][]string{{"RPUSH", key, strconv.Itoa(j)}, {"LPUSH", key, front}} {
				if _, err := c.conn.Number(push...); err != nil {
					return err
				}
			}
		}
		c.lists[key] = list
	}
	for i := range 40 {
		e := expiring{key: fmt.Sprintf("carried:expiring:%d:%d", step, i), ttl: time.Hour}
		if i < 30 {
			e.ttl = (horizon*time.Duration(i+1)/30 + time.Millisecond).Truncate(time.Millisecond)
		}
		e.sent = c.rec.now()
		if err := c.conn.Status("OK", "SET", e.key, "x", "PX", strconv.FormatInt(e.ttl.Milliseconds(), 10)); err != nil {
			return err
		}
		e.done = c.rec.now()
		c.expire = append(c.expire, e)
	}
	return nil
}

// inspect compares the server's values with what was written.
func (c *carried) inspect(release int) error {
	for _, key := range sortedKeys(c.strings) {
		r, err := c.conn.Do("GET", key)
		if err != nil {
			return err
		}
		if r.Null {
			c.rec.missing("release %d: %s", release, key)
		} else if r.Text != c.strings[key] {
			c.rec.wrong("release %d: %s is %v", release, key, r)
		}
	}
	for _, key := range sortedKeys(c.lists) {
		r, err := c.conn.Do("LRANGE", key, "0", "-1")
		if err != nil {
			return err
		}
		var got []string
		for _, e := range r.List {
			got = append(got, e.Text)
		}
		if !slices.Equal(got, c.lists[key]) {
			c.rec.wrong("release %d: %s is %v, want %v", release, key, got, c.lists[key])
		}
	}
	for _, e := range c.expire {
		if err := c.inspectExpiry(release, e); err != nil {
			return err
		}
	}
	return c.inspectCommands(release)
}

func (c *carried) inspectExpiry(release int, e expiring) error {
	sent := c.rec.now()
	ms, err := c.conn.Number("PTTL", e.key)
	if err != nil {
		return err
	}
	done := c.rec.now()
	least, most := e.sent+e.ttl-done-clocks, e.done+e.ttl-sent+clocks
	left := time.Duration(ms) * time.Millisecond
	switch {
	case ms == -2 && least > 0:
		c.rec.missing("release %d: %s, which had to live for %v", release, e.key, least)
	case ms == -2:
	case ms < 0 || most < 0:
		c.rec.wrong("release %d: PTTL %s is %d %v after its time", release, e.key, ms, -most)
	case left < least || left > most:
		c.rec.wrong("release %d: PTTL %s is %v, want %v to %v", release, e.key, left, least, most)
	}
	return nil
}

// inspectCommands looks whether the old connection runs the release's own
// code: OBJECT came with release 2 and went with 4, WATCH with 3.
func (c *carried) inspectCommands(release int) error {
	const key = "carried:used"
	if err := c.conn.Status("OK", "SET", key, "x", "KEEPTTL"); err != nil {
		return err
	}
	before, err := c.conn.Do("OBJECT", "FREQ", key)
	if err != nil {
		return err
	}
	if _, err := c.conn.Do("GET", key); err != nil {
		return err
	}
	after, err := c.conn.Do("OBJECT", "FREQ", key)
	if err != nil {
		return err
	}
	if has := release == 2 || release == 3; !has && before.Kind != '-' || has && (before.Kind != ':' || after.N != before.N+1) {
		c.rec.wrong("release %d: OBJECT FREQ answers %v, and %v after a GET", release, before, after)
	}
	watch, err := c.conn.Do("WATCH", key)
	if err != nil {
		return err
	}
	if has := release == 3; !has && watch.Kind != '-' || has && watch.Is("OK") != nil {
		c.rec.wrong("release %d: WATCH answers %v", release, watch)
	}
	if release == 3 {
		return c.conn.Status("OK", "UNWATCH")
	}
	return nil
}
