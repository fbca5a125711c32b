package main

import (
	"fmt"
	"sync/atomic"
)

// A mill moves jobs through three stages: senders, a relay that selects, receivers.
type mill struct {
	vals chan job
	ptrs chan *job
	tick chan int
	stop atomic.Bool

	sent     [4]atomic.Int64
	next     [4]int // by sender: what the only receiver expects
	wrong    atomic.Int64
	received atomic.Int64
	left     chan bool
}

var mills = map[string]*mill{}

func (m *mill) send(i int) {
	for n := 0; !m.stop.Load(); n++ {
		m.vals <- *one(n, fmt.Sprint(i))
		m.sent[i].Add(1)
	}
	m.left <- true
}

func (m *mill) ticks() {
	for n := 0; !m.stop.Load(); n++ {
		m.tick <- n
	}
	close(m.tick)
	m.left <- true
}

// relay hands jobs on in the order in which they come.
func (m *mill) relay() {
	last, ended := -1, 0
	tick := m.tick
	for ended < 4 {
		select {
		case v := <-m.vals:
			if v.n < 0 {
				ended++
				continue
			}
			m.ptrs <- one(v.n, v.text)
		case n, ok := <-tick:
			if !ok {
				tick = nil
				continue
			}
			if n != last+1 {
				m.wrong.Add(1)
			}
			last = n
		}
	}
	close(m.ptrs)
	m.left <- true
}

func (m *mill) receive() {
	for p := range m.ptrs {
		i := int(p.text[0] - '0')
		if p.n != m.next[i] {
			m.wrong.Add(1)
		}
		m.next[i]++
		m.received.Add(1)
	}
	m.left <- true
}

func grind(name string, capacity int) *mill {
	m := &mill{vals: make(chan job, capacity), ptrs: make(chan *job, capacity), tick: make(chan int), left: make(chan bool, 8)}
	mills[name] = m
	for i := range 4 {
		go m.send(i)
	}
	go m.ticks()
	go m.relay()
	go m.receive()
	return m
}

// end stops a mill and says whether everything has arrived, once and in order.
func (m *mill) end() string {
	m.stop.Store(true)
	for range 5 {
		<-m.left
	}
	for range 4 {
		m.vals <- *one(-1, "end")
	}
	<-m.left
	<-m.left
	sent := int64(0)
	for i := range m.sent {
		sent += m.sent[i].Load()
	}
	return fmt.Sprint("wrong ", m.wrong.Load(), " lost ", sent-m.received.Load(), " idle ", sent == 0)
}
