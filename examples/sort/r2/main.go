// Command sort reads integers, one a line, and prints them in ascending order. On a
// terminal or in a log one sees on standard error how far it is.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("sort: ")
	numbers, err := read(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	go report(len(numbers))
	start := time.Now()
	heapSort(numbers)
	log.Printf("%d numbers in %v", len(numbers), time.Since(start).Round(time.Millisecond))
	if err := write(os.Stdout, numbers); err != nil {
		log.Fatal(err)
	}
}

func read(r io.Reader) ([]int, error) {
	var numbers []int
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, lines.Err()
}

func write(w io.Writer, numbers []int) error {
	out := bufio.NewWriter(w)
	for _, n := range numbers {
		fmt.Fprintln(out, n)
	}
	return out.Flush()
}

// inPlace is how many numbers stand where they belong.
var inPlace atomic.Int64

func report(of int) {
	for range time.Tick(time.Second) {
		log.Printf("%d of %d numbers are in place", inPlace.Load(), of)
	}
}
