package admin

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

type peerKey struct{}

// Serve serves the endpoint on l until l is closed, with the checks that l needs.
func Serve(l net.Listener, u *updater.Updater) error {
	h := Handler(u)
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	if l.Addr().Network() == "unix" {
		h = ownUserOnly(h, uint32(os.Geteuid()))
		srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			if uc, ok := c.(*net.UnixConn); ok {
				if uid, err := peerUID(uc); err == nil {
					return context.WithValue(ctx, peerKey{}, uid)
				}
			}
			return ctx
		}
	} else {
		h = noForeignPages(h, l.Addr())
	}
	srv.Handler = h
	return srv.Serve(l)
}

// ownUserOnly lets the process's own user and root in.
func ownUserOnly(h http.Handler, own uint32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uid, ok := r.Context().Value(peerKey{}).(uint32)
		if !ok || uid != own && uid != 0 {
			fail(w, http.StatusForbidden, codeForbidden, "only the user that the program runs as may use its admin endpoint")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// noForeignPages keeps web pages from reaching the endpoint through a browser on
// the same machine: by a name that resolves to the loopback interface (Host) or
// by a cross-site request (Origin).
func noForeignPages(h http.Handler, addr net.Addr) http.Handler {
	_, port, _ := net.SplitHostPort(addr.String())
	own := map[string]bool{addr.String(): true}
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		own[net.JoinHostPort(host, port)] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok := own[r.Host]
		if o := r.Header.Get("Origin"); ok && o != "" {
			u, err := url.Parse(o)
			ok = err == nil && u.Scheme == "http" && own[u.Host]
		}
		if !ok {
			fail(w, http.StatusForbidden, codeForbidden, "the request's Host or Origin is not this endpoint")
			return
		}
		h.ServeHTTP(w, r)
	})
}
