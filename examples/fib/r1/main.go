// Command fib reads numbers, one a line, and prints the Fibonacci number of each.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("fib: ")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil || n < 0 {
			log.Printf("%q is not a number from 0", lines.Text())
			continue
		}
		fmt.Printf("fib(%d) = %d\n", n, fib(n))
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	f := fib(n-1) + fib(n-2)
	if f < 0 {
		panic(fmt.Sprintf("fib(%d) is too large", n))
	}
	return f
}
