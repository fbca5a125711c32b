// Browser keeps a page of the chat server open in a headless Chromium. It reads what to do
// from standard input, and answers each line with one:
//
//	say TEXT   says it as a user does
//	until N    waits until N messages have come by both connections, and tells how these are
//	lines      gives what the page shows, as JSON
//	open       opens the page anew in another tab, and gives its title
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// connected says that a page has both of its connections.
const connected = "seen.events.opened && seen.socket.opened"

// state tells how the connections are, and whether every message has come once and in order.
const state = `["events", "socket"].map(name => {
	const c = seen[name]
	const order = c.ids.every((id, i) => id == i + 1) ? "in order" : "out of order: " + c.ids
	return name + " opened " + c.opened + " failed " + c.failed + " " + order
}).join(", ")`

func main() {
	log.SetFlags(0)
	log.SetPrefix("browser: ")
	url := os.Args[1]
	all, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer stop()
	tab, stop := chromedp.NewContext(all)
	defer stop()
	if err := open(tab, url); err != nil {
		log.Fatal(err)
	}
	fmt.Println("open")

	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		answer, err := do(tab, url, in.Text())
		if err != nil {
			log.Fatalf("%s: %v", in.Text(), err)
		}
		fmt.Println(answer)
	}
}

func open(tab context.Context, url string) error {
	return chromedp.Do(tab, chromedp.Navigate(url), wait(connected))
}

func do(tab context.Context, url, what string) (string, error) {
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "say":
		script := fmt.Sprintf(`document.getElementById("text").value = %q; document.getElementById("form").requestSubmit()`, rest)
		return "said", chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](script))
	case "until":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return "", err
		}
		if err := chromedp.Do(tab, wait(fmt.Sprintf("seen.events.ids.length >= %d && seen.socket.ids.length >= %[1]d", n))); err != nil {
			return "", err
		}
		return chromedp.Run(tab, chromedp.Evaluate[string](state))
	case "lines":
		list, err := chromedp.Run(tab, chromedp.Evaluate[[]byte](`[...document.querySelectorAll("li")].map(e => e.textContent)`))
		return string(list), err
	case "open":
		another, stop := chromedp.NewContext(tab)
		defer stop()
		if err := open(another, url); err != nil {
			return "", err
		}
		return chromedp.Run(another, chromedp.Title())
	}
	return "", errors.New("no such command")
}

// wait waits for a condition of the page.
func wait(condition string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingInterval(10*time.Millisecond), chromedp.WithPollingTimeout(time.Minute))
}
