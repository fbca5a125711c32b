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
	known := memo{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil || n < 0 {
			log.Printf("%q is not a number from 0", lines.Text())
			continue
		}
		f, err := fib(known, uint(n))
		if err != nil {
			log.Print(err)
			continue
		}
		fmt.Printf("fib(%d) = %d\n", n, f)
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

// A memo has the numbers that have been found.
type memo map[uint]uint64

func fib(known memo, n uint) (uint64, error) {
	if n < 2 {
		return uint64(n), nil
	}
	if f, ok := known[n]; ok {
		return f, nil
	}
	a, err := fib(known, n-1)
	if err != nil {
		return 0, err
	}
	b, err := fib(known, n-2)
	if err != nil {
		return 0, err
	}
	if a+b < a {
		return 0, fmt.Errorf("fib(%d) is too large", n)
	}
	known[n] = a + b
	return a + b, nil
}
