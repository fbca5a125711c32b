// Labelled break and continue out of loops, switches and selects, at every depth.
package main

import (
	"fmt"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func main() {
	c := make(chan int, 1)
outer:
	for i := 0; i < 6; i++ {
	middle:
		for j := 0; ; j++ {
			pause()
			switch {
			case j == 1 && i == 0:
				continue outer
			case j == 2 && i == 1:
				break middle
			case i == 2:
				for k := range 3 {
					pause()
					if k == 1 {
						fmt.Println("leaves", i, j, k)
						if j < 2 {
							continue middle
						}
						break middle
					}
				}
			case i == 4:
				break outer
			}
			fmt.Println(i, j)
			if j > 3 {
				break
			}
		}
		pause()
		fmt.Println("after middle", i)
	}

loop:
	for n := 0; ; n++ {
		c <- n
		select {
		case v := <-c:
			pause()
			if v == 1 {
				continue loop
			}
			if v == 3 {
				break loop
			}
			if v == 2 {
				break
			}
			fmt.Println("received", v)
		}
		fmt.Println("after select", n)
	}

sw:
	switch pause(); {
	default:
		for {
			pause()
			break sw
		}
	}
	fmt.Println("end")
}
