// Command late has goroutines that alone hold objects while they wait: an update
// converts these when the goroutines come back.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

const release = "r1"

type item struct {
	name string
	next *item
	n    int32
}

var (
	listed = map[string]*item{}
	gates  = map[string]chan bool{}
	ready  = make(chan bool)
	said   = make(chan string)
)

// caught is what a deferred function makes of a panic.
func caught(r any, it *item) string {
	err, _ := r.(error)
	var re runtime.Error
	return fmt.Sprintf("%s recovered with %s %d, runtime error %t: %v", release, it.name, it.n, errors.As(err, &re), r)
}

// hold waits with an item that no variable leads to.
func hold(it *item, gate <-chan bool) (res string) {
	defer func() {
		if r := recover(); r != nil {
			res = caught(r, it)
		}
	}()
	for i := range 2 {
		defer func() { res += fmt.Sprint(" ", i) }()
	}
	ready <- true
	<-gate
	return fmt.Sprintf("%s %s %d", release, it.name, it.n)
}

// local has a local that only release 2 knows.
func local(name string, gate <-chan bool) (res string) {
	count := 0
	defer func() {
		if r := recover(); r != nil {
			res = caught(r, &item{name: name})
		}
	}()
	ready <- true
	<-gate
	return fmt.Sprintf("%s %s count %d", release, name, count)
}

// split is two functions in release 2.
func split(name string, gate <-chan bool) (res string) {
	defer func() {
		if r := recover(); r != nil {
			res = caught(r, &item{name: name})
		}
	}()
	ready <- true
	<-gate // waits
	return fmt.Sprintf("%s %s split", release, name)
}

// plain has no deferred functions; its caller has.
func plain(it *item, gate <-chan bool) string {
	ready <- true
	<-gate
	return fmt.Sprintf("%s %s %d", release, it.name, it.n)
}

func outer(it *item, gate <-chan bool) (res string) {
	defer func() {
		if r := recover(); r != nil {
			res = "outer " + caught(r, it)
		}
	}()
	return "plain " + plain(it, gate)
}

func start(key string, f func(gate <-chan bool) string) {
	gate := make(chan bool)
	gates[key] = gate
	go func() { said <- f(gate) }()
	<-ready
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		do, arg, _ := strings.Cut(in.Text(), " ")
		switch do {
		case "hold":
			start(arg, func(gate <-chan bool) string { return hold(&item{name: arg, n: 7}, gate) })
			fmt.Println("waiting")
		case "pair":
			it := &item{name: arg, n: 8}
			start(arg+"1", func(gate <-chan bool) string { return hold(it, gate) })
			start(arg+"2", func(gate <-chan bool) string { return hold(it, gate) })
			fmt.Println("waiting")
		case "outer":
			start(arg, func(gate <-chan bool) string { return outer(&item{name: arg, n: 9}, gate) })
			fmt.Println("waiting")
		case "local":
			start(arg, func(gate <-chan bool) string { return local(arg, gate) })
			fmt.Println("waiting")
		case "split":
			start(arg, func(gate <-chan bool) string { return split(arg, gate) })
			fmt.Println("waiting")
		case "list":
			listed[arg] = &item{name: arg, n: 1}
			fmt.Println(len(listed))
		case "unlist":
			delete(listed, arg)
			fmt.Println(len(listed))
		case "go":
			gates[arg] <- true
			fmt.Println(<-said)
		}
	}
}
