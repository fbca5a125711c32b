// Handlers that pause under net/http, requests in parallel, streaming, a handler that panics, middleware.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	c.mu.Lock()
	pause()
	c.n[name]++
	n := c.n[name]
	c.mu.Unlock()
	pause()
	fmt.Fprintf(w, "%s %d", name, n)
}

func logged(trace *[]string, mu *sync.Mutex, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			pause()
			mu.Lock()
			defer mu.Unlock()
			*trace = append(*trace, r.Method)
		}()
		pause()
		next.ServeHTTP(w, r)
	})
}

func main() {
	log.SetOutput(io.Discard)
	c := &counter{n: map[string]int{}}
	mux := http.NewServeMux()
	mux.Handle("/count/{name}", c)
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for i := range 4 {
			fmt.Fprintf(w, "part %d\n", i)
			w.(http.Flusher).Flush()
			pause()
		}
	})
	mux.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) {
		defer pause()
		pause()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		sc := bufio.NewScanner(r.Body)
		for sc.Scan() {
			pause()
			fmt.Fprint(w, strings.ToUpper(sc.Text()), ";")
		}
	})
	var trace []string
	var mu sync.Mutex
	srv := httptest.NewUnstartedServer(logged(&trace, &mu, mux))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	get := func(path string) string {
		resp, err := http.Get(srv.URL + path)
		if err != nil {
			return "failed"
		}
		defer resp.Body.Close()
		pause()
		b, err := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", string(b), " ", err)
	}
	fmt.Println(get("/count/a"), get("/count/b"), get("/count/a"))
	fmt.Println(get("/stream"))
	fmt.Println(get("/panic"))
	fmt.Println(get("/none"))
	resp, err := http.Post(srv.URL+"/echo", "text/plain", strings.NewReader("one\ntwo\nthree\n"))
	if err == nil {
		b, _ := io.ReadAll(resp.Body)
		fmt.Println(string(b))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				get("/count/many")
			}
		})
	}
	wg.Wait()
	fmt.Println(get("/count/many"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/stream", nil)
	_, err = http.DefaultClient.Do(req)
	fmt.Println(err != nil)
	srv.Close()
	mu.Lock()
	fmt.Println(len(trace) >= 46) // the client may ask again after a broken connection
	mu.Unlock()
}
