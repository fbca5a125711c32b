// Long counted loops without calls, of the shapes that a compiler splits into strips; early ends, changed
// bounds, overflow at the limits of the type.
package main

import (
	"fmt"
	"math"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func sum(a []int) (s int) {
	for i := 0; i < len(a); i++ {
		s += a[i]
	}
	return
}

func down(n int) (s int) {
	for i := n; i >= 0; i -= 3 {
		s ^= i
	}
	return
}

func bytes8() (n int) {
	for i := uint8(250); i >= 250; i++ {
		n++
	}
	return
}

func limit() (n int) {
	for i := math.MaxInt - 5; i > 0 && i <= math.MaxInt; i++ {
		n++
	}
	return
}

func shrinking(a []int) (n int) {
	for i := 0; i < len(a); i++ {
		if a[i]%7 == 0 {
			a = a[:len(a)-1]
		}
		n++
	}
	return
}

func growing(limit int) (n int) {
	for i := 0; i < limit; i++ {
		if i == 5000 && limit < 20000 {
			limit += 5000
		}
		n += i & 1
	}
	return
}

func find(a []int, want int) int {
	for i, v := range a {
		if v == want {
			return i
		}
	}
	return -1
}

func skip(n int) (s int) {
	for i := 0; i < n; i++ {
		if i%1000 == 999 {
			i += 10
		}
		s += i
	}
	return
}

func nested(n int) (s int) {
	for i := range n {
		for j := i; j < n; j++ {
			s += i*j ^ (i + j)
		}
	}
	return
}

func words(s string) (n int) {
	in := false
	for _, r := range s {
		if r == ' ' {
			in = false
		} else if !in {
			in = true
			n++
		}
	}
	return
}

// ended are loops that their condition ends, in other shapes than i < n; i++.
func ended(a []byte, n int, u uint32) (out []int) {
	b := append([]byte{}, a...)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	lo, hi := 0, len(b)
	for lo < hi {
		b[lo]++
		lo++
		hi--
	}
	for n > 0 {
		out = append(out, n%10)
		n /= 10
	}
	for u != 0 {
		out = append(out, int(u&1))
		u >>= 4
	}
	i := 0
	for i < len(b) && b[i] != 'c' {
		i++
	}
	for k := 1; k < len(b); k++ {
		for j := k; j > 0 && b[j-1] > b[j]; j-- {
			b[j-1], b[j] = b[j], b[j-1]
		}
		if k == len(b)/2 {
			pause()
		}
	}
	return append(out, lo, hi, i, int(b[0]), int(b[len(b)-1]))
}

// either ways of a branch poll, so that the loop does not.
func either(n int) (sum int) {
	for i := 0; i < n; {
		if i%2 == 0 {
			pause()
			sum += i
			i++
		} else {
			i += 3
			pause()
		}
		switch sum % 3 {
		case 0:
			pause()
			sum++
		default:
			pause()
		}
	}
	return sum
}

func main() {
	fmt.Println(ended([]byte("the quick brown fox"), 987654321, 0x12345), either(20))
	a := make([]int, 20000)
	for i := range a {
		a[i] = i * 3
	}
	fmt.Println(sum(a), down(30000), bytes8(), limit(), shrinking(a), growing(9000), find(a, 45000), find(a, -1), skip(12345))
	fmt.Println(nested(150))
	b := make([]byte, 30000)
	for i := range b {
		b[i] = "ab c"[i%4]
	}
	fmt.Println(words(string(b)))
	defer func() {
		pause()
		fmt.Println("recovered", recover())
	}()
	s := 0
	for i := 0; ; i++ {
		s += a[i]
		if i == 19999 {
			fmt.Println(s)
		}
	}
}
