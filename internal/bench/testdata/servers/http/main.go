// Command http is a small web service on net/http.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// visits counts, by name.
type visits struct {
	mu sync.Mutex
	by map[string]int
}

func (v *visits) add(name string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.by[name]++
	return v.by[name]
}

type answer struct {
	Name   string `json:"name"`
	Visits int    `json:"visits"`
	Even   bool   `json:"even"`
}

func (v *visits) serve(w http.ResponseWriter, r *http.Request) {
	n := v.add(r.PathValue("name"))
	body, err := json.Marshal(answer{r.PathValue("name"), n, n%2 == 0})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	flag.Parse()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", ln.Addr())
	v := &visits{by: map[string]int{}}
	http.HandleFunc("GET /visit/{name}", v.serve)
	log.Fatal(http.Serve(ln, nil))
}
