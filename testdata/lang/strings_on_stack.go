// Short strings that the compiler keeps on the stack are in frames that leave it: what string(r), string(b) and a
// concatenation give, in parameters and locals of several frames, while the stack is used, grows and is collected.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

type name string

//go:noinline
func grow(n int) int {
	var pad [64]int
	pad[n%64] = n
	if n == 0 {
		return pad[0]
	}
	return grow(n-1) + pad[n%64]
}

//go:noinline
func find(s, sub string, of name) int {
	at := -1
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			at = i
		}
	}
	if len(of) != 3 || of[1:] != "ab" {
		panic(string(of))
	}
	return at
}

func deep(n int, s string) int {
	if n == 0 {
		runtime.GC()
		return grow(200) + len(s)
	}
	return deep(n-1, string(rune('a'+n))+s[:1]) + strings.Count(s, s[:1])
}

func main() {
	b := []byte("xyz")
	sum := 0
	for i, r := range "test世界é" {
		local := string(r)
		copied := string(b)
		b[0]++
		joined := copied + local
		sum += find("test世界é", local, name(string(rune('k'+i%3))+"ab")) + deep(20+i, joined)
		if local != string(r) || !strings.HasSuffix(joined, local) || joined[:3] != copied {
			fmt.Println("lost", i, local, copied, joined)
		}
		fmt.Println(len(joined), copied, joined)
	}
	fmt.Println(sum)
}
