// Command pipeline prints the lines of several files as they come, and at the end, or
// when it is interrupted, how many there were of each.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync"
	"time"
)

// A line of a file.
type line struct{ file, text string }

func main() {
	log.SetFlags(0)
	log.SetPrefix("pipeline: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	files := os.Args[1:]

	lines := make(chan line)
	var readers sync.WaitGroup
	for _, name := range files {
		readers.Go(func() { read(ctx, name, lines) })
	}
	go func() {
		readers.Wait()
		close(lines)
	}()
	counted := make(chan line, 16)
	total := map[string]int{}
	go count(lines, counted, total)
	show(counted)

	for _, name := range files {
		fmt.Printf("%s has %d lines\n", name, total[name])
	}
}

// read sends the lines of a file until there are no more, or ctx is done.
func read(ctx context.Context, name string, lines chan<- line) {
	f, err := os.Open(name)
	if err != nil {
		log.Print(err)
		return
	}
	defer f.Close()
	text := bufio.NewScanner(f)
	for text.Scan() {
		select {
		case lines <- line{name, text.Text()}:
		case <-ctx.Done():
			return
		}
	}
	if err := text.Err(); err != nil {
		log.Printf("%s: %v", name, err)
	}
}

// count adds up the lines that go through it.
func count(in <-chan line, out chan<- line, total map[string]int) {
	defer close(out)
	for l := range in {
		total[l.file]++
		out <- l
	}
}

// show prints lines, those of a moment at once.
func show(in <-chan line) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	moment := time.NewTicker(100 * time.Millisecond)
	defer moment.Stop()
	for {
		select {
		case l, more := <-in:
			if !more {
				return
			}
			fmt.Fprintf(out, "%s: %s\n", l.file, l.text)
		case <-moment.C:
			out.Flush()
		}
	}
}
