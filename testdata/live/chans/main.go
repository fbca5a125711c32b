// Command chans has goroutines that wait for channels whose elements every release
// changes: they receive, send and select.
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

const release = "r1"

// A job has the order of its fields changed by each release.
type job struct {
	n    int
	text string
}

func one(n int, text string) *job { return &job{n: n, text: text} }

// A crew is one set of channels, and who works with them. It never changes itself.
type crew struct {
	vals  chan job
	ptrs  chan *job
	anys  chan any
	funcs chan func() string
	quit  chan bool
	tick  chan int
	said  chan string
}

var crews = map[string]*crew{}

func say(c *crew, who, format string, args ...any) {
	c.said <- who + " " + release + " " + fmt.Sprintf(format, args...)
}

func rangeVals(c *crew) {
	for v := range c.vals {
		say(c, "range", "%d %s", v.n, v.text)
	}
	say(c, "range", "closed")
}

func receiveVal(c *crew) {
	v := <-c.vals
	say(c, "val", "%d %s", v.n, v.text)
}

// receivePtr receives into a variable that others see.
func receivePtr(c *crew) {
	got := one(-1, "none")
	seen := func() string { return fmt.Sprint(got.n, got.text) }
	c.said <- "before " + seen()
	got, ok := receiveInto(c, &got)
	say(c, "ptr", "%d %s %v", got.n, got.text, ok)
}

func receiveInto(c *crew, into **job) (*job, bool) {
	var ok bool
	var shared *job = *into
	show := func() { *into = shared }
	shared, ok = <-c.ptrs
	show()
	return *into, ok
}

func receiveAny(c *crew) {
	switch v := (<-c.anys).(type) {
	case *job:
		say(c, "any", "%d %s", v.n, v.text)
	case job:
		say(c, "any", "value %d %s", v.n, v.text)
	default:
		say(c, "any", "is %T", v)
	}
}

// throwAway receives and keeps nothing.
func throwAway(c *crew) {
	<-c.vals
	say(c, "away", "done")
}

// receiveForeign receives in foreign code.
func receiveForeign(c *crew) {
	v, _ := reflect.ValueOf(c.vals).Recv()
	say(c, "foreign", "%v", v)
}

func sendVals(c *crew, from, n int) {
	for i := from; i < from+n; i++ {
		c.vals <- *one(i, "sent by "+release)
	}
	say(c, "sender", "%d", from)
}

func sendPtr(c *crew, n int) {
	j := one(n, "sent by "+release)
	c.ptrs <- j
	j.n++
	say(c, "ptr sender", "%d", j.n)
}

func sendAny(c *crew, n int) {
	c.anys <- one(n, "any by "+release)
	c.anys <- *one(n+1, "any by "+release)
	say(c, "any sender", "%d", n)
}

// choose is in a select with everything.
func choose(c *crew, n int) {
	ticks := 0
	for {
		select {
		case v := <-c.vals:
			say(c, "choose", "val %d %s ticks %d", v.n, v.text, ticks)
		case p, ok := <-c.ptrs:
			if !ok {
				say(c, "choose", "closed")
				return
			}
			say(c, "choose", "ptr %d %s ticks %d", p.n, p.text, ticks)
		case c.anys <- one(n, "chosen by "+release):
			n++
		case <-c.tick:
			ticks++
			say(c, "choose", "tick %d", ticks)
		case <-c.quit:
			say(c, "choose", "quit")
			return
		}
	}
}

// either sends two values by one select, on one channel.
func either(c *crew) {
	a, b := one(1, "a"), one(2, "b")
	for a != nil || b != nil {
		ca, cb := c.ptrs, c.ptrs
		if a == nil {
			ca = nil
		}
		if b == nil {
			cb = nil
		}
		select {
		case ca <- a:
			a = nil
		case cb <- b:
			b = nil
		}
	}
	say(c, "either", "both")
}

func generic[T any](c *crew, ch chan T) {
	for {
		select {
		case v := <-ch:
			switch v := any(v).(type) {
			case job:
				say(c, "generic", "%d %s", v.n, v.text)
			case *job:
				say(c, "generic", "%d %s", v.n, v.text)
			}
		case <-c.quit:
			return
		}
	}
}

func sendOnClosed(c *crew) {
	defer func() { say(c, "panic", "%v", recover()) }()
	c.ptrs <- one(9, "too late")
}

var waiting = regexp.MustCompile(`^goroutine \d+ \[(chan receive|chan send|select)[],]`)

// asleep waits until n goroutines sleep at channels in a function, or in what rebuilds it.
func asleep(function string, n int) string {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); runtime.Gosched() {
		buf := make([]byte, 1<<20)
		buf = buf[:runtime.Stack(buf, true)]
		k := 0
		for s := range strings.SplitSeq(string(buf), "\n\n") {
			if waiting.MatchString(s) && strings.Contains(s, "main."+function) && !strings.Contains(s, "main.say(") {
				k++
			}
		}
		if k == n {
			return "yes"
		}
	}
	return "no"
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var cmd, name, text string
		var n int
		fmt.Sscan(in.Text(), &cmd, &name, &n, &text)
		c := crews[name]
		if c == nil {
			c = &crew{make(chan job, n), make(chan *job), make(chan any), make(chan func() string), make(chan bool), make(chan int), make(chan string, 100)}
			crews[name] = c
		}
		switch cmd {
		case "grind":
			m := grind(name, n)
			for m.received.Load() < 100 {
				runtime.Gosched()
			}
			fmt.Println("yes")
		case "end":
			fmt.Println(mills[name].end())
		case "make":
			fmt.Println("made")
		case "range":
			go rangeVals(c)
			fmt.Println(asleep("rangeVals", n))
		case "val":
			go receiveVal(c)
			fmt.Println(asleep("receiveVal", n))
		case "ptr":
			go receivePtr(c)
			fmt.Println(asleep("receiveInto", n))
		case "any":
			go receiveAny(c)
			fmt.Println(asleep("receiveAny", n))
		case "away":
			go throwAway(c)
			fmt.Println(asleep("throwAway", n))
		case "foreign":
			go receiveForeign(c)
			fmt.Println(asleep("receiveForeign", n))
		case "sendvals":
			go sendVals(c, n, 3)
			fmt.Println(asleep("sendVals", 1+len(text)))
		case "sendptr":
			go sendPtr(c, n)
			fmt.Println(asleep("sendPtr", 1))
		case "sendany":
			go sendAny(c, n)
			fmt.Println(asleep("sendAny", 1))
		case "choose":
			go choose(c, n)
			fmt.Println(asleep("choose", 1))
		case "either":
			go either(c)
			fmt.Println(asleep("either", 1))
		case "generic":
			go generic(c, c.ptrs)
			go generic(c, c.vals)
			fmt.Println(asleep("generic", 2))
		case "closed":
			go sendOnClosed(c)
			fmt.Println(asleep("sendOnClosed", 1))
		case "asleep":
			fmt.Println(asleep(text, n))

		case "pushval":
			c.vals <- *one(n, "pushed by "+release)
			fmt.Println("pushed")
		case "pushptr":
			c.ptrs <- one(n, "pushed by "+release)
			fmt.Println("pushed")
		case "pushany":
			c.anys <- one(n, "pushed by "+release)
			fmt.Println("pushed")
		case "pullval":
			v := <-c.vals
			fmt.Println(v.n, v.text)
		case "pullptr":
			v := <-c.ptrs
			fmt.Println(v.n, v.text)
		case "pullany":
			switch v := (<-c.anys).(type) {
			case *job:
				fmt.Println(v.n, v.text)
			case job:
				fmt.Println("value", v.n, v.text)
			default:
				fmt.Printf("is %T\n", v)
			}
		case "tick":
			c.tick <- 1
			fmt.Println("ticked")
		case "quit":
			close(c.quit)
			fmt.Println("closed")
		case "closevals":
			close(c.vals)
			fmt.Println("closed")
		case "closeptrs":
			close(c.ptrs)
			fmt.Println("closed")
		case "len":
			fmt.Println(len(c.vals), cap(c.vals))
		case "said":
			var l []string
			for range n {
				l = append(l, <-c.said)
			}
			slices.Sort(l)
			fmt.Println(strings.Join(l, "; "))
		}
	}
}
