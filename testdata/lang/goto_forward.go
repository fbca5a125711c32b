// goto over statements with calls that stop, out of blocks, to loops' labels, and defers in a loop made of gotos.
package main

import "fmt"

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

//go:noinline
func n(v int) int { pause(); return v }

func forward(k int) (s string) {
	var a [4]int
	x := n(k)
	if x == 1 {
		goto one
	}
	a[n(1)] += n(2) * n(3)
	if n(k) == 2 {
		pause()
		goto two
	}
	s += fmt.Sprint("zero ", a[n(1)], n(4) > 3 && n(5) > 4, " ")
one:
	s += fmt.Sprint("one ", a[n(1)], " ")
two:
	s += fmt.Sprint("two ", x)
	pause()
	return
}

func deferring() {
	i := 0
again:
	x := n(i)
	defer func(a, b int) { pause(); fmt.Println("deferred", x, a, b, i) }(n(x*10), i)
	if i++; i < n(3) {
		goto again
	}
	fmt.Println("left")
}

func loopLabel() {
	rounds := 0
outer:
	for i := range n(3) {
		for {
			pause()
			if i == 1 {
				continue outer
			}
			if rounds < 2 && i == 2 {
				rounds++
				goto outer
			}
			break
		}
		fmt.Print(i, rounds, " ")
	}
	fmt.Println()
}

func intoSelect() {
	c := make(chan int, 1)
	tries := 0
retry:
	select {
	case c <- n(tries):
		tries++
		goto retry
	case v := <-c:
		if tries++; tries < 5 {
			goto retry
		}
		fmt.Println("got", v, tries)
		goto out
	}
	fmt.Println("not reached")
out:
}

func machine(in string) (out []string) {
	i := 0
start:
	if i == len(in) {
		goto done
	}
	switch c := in[i]; {
	case c == ' ':
		i++
		goto start
	case c >= '0' && c <= '9':
		goto number
	}
	out = append(out, string(in[i]))
	i++
	pause()
	goto start
number:
	{
		j := i
	digits:
		if j < len(in) && in[j] >= '0' && in[j] <= '9' {
			j++
			pause()
			goto digits
		}
		out = append(out, in[i:j])
		i = j
	}
	goto start
done:
	return out
}

func plainInside(k int) int {
	pause()
	for i := range 10 {
		if i == k {
			goto found
		}
	}
	k = -1
found:
	pause()
	return k
}

func main() {
	for k := range 3 {
		fmt.Println(forward(k))
	}
	deferring()
	loopLabel()
	intoSelect()
	fmt.Println(machine("12 + 345*6 ab 7"))
	fmt.Println(plainInside(3), plainInside(11))
}
