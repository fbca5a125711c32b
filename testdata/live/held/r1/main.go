// Command held holds what an update of item cannot take along: a method expression
// as a value, and a channel that only waiting goroutines know.
package main

import (
	"bufio"
	"fmt"
	"os"
)

type item struct{ n int32 }

func (it *item) value() int { return int(it.n) }

func receive(c chan *item, waiting chan<- bool, done chan<- int) {
	waiting <- true
	it := <-c
	done <- int(it.n)
}

func local(waiting chan<- bool, gate <-chan bool, done chan<- int) {
	c := make(chan *item)
	go receive(c, waiting, done)
	<-gate
	c <- &item{5}
}

func main() {
	shared := &item{7}
	waiting, gate, done := make(chan bool), make(chan bool), make(chan int)
	go local(waiting, gate, done)
	<-waiting
	fmt.Println("waiting")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "value":
			fmt.Println("value", shared.value())
		case "receive":
			gate <- true
			fmt.Println("received", <-done)
		}
	}
}
