package admin

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

// What one client can take of the process.
const (
	maxConnections = 64 // hence as many requests
	maxHeader      = 16 << 10
	maxBody        = 64 << 10
)

// times are how long it may take to send a header, a body or a handshake; to read an
// answer, once there is one; and to begin the next request.
type times struct{ read, write, idle time.Duration }

var usual = times{10 * time.Second, 30 * time.Second, 60 * time.Second}

// Serve serves the endpoint on l, which Listen has made with the same settings, until
// l is closed, with the checks that l needs. No settings are those of a process that
// was told nothing.
func Serve(l net.Listener, u *updater.Updater, s *Settings) error {
	if s == nil {
		s = &Settings{}
	}
	within := s.within
	if within == (times{}) {
		within = usual
	}
	var check http.Handler
	h := s.withToken(bounded(handler{u, s.audit, s.faults}.routes()))
	switch {
	case l.Addr().Network() == "unix":
		check = s.ownUserOnly(h, os.Geteuid())
	case s.tls != nil:
		check = s.noForeignPages(h, "https", func(host string) bool {
			name, _, err := net.SplitHostPort(host)
			if err != nil {
				name = host
			}
			return s.server.names(name)
		})
	default:
		check = s.noForeignPages(h, "http", loopback(l.Addr()))
	}
	only := new(http.Protocols)
	only.SetHTTP1(true)
	srv := &http.Server{
		Handler:                      within.guard(check),
		Protocols:                    only,
		DisableGeneralOptionsHandler: true,
		MaxHeaderBytes:               maxHeader,
		ReadHeaderTimeout:            within.read,
		IdleTimeout:                  within.idle,
		ErrorLog:                     log.New(s.audit, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, callerAt(c))
		},
	}
	l = &few{Listener: l, room: make(chan struct{}, maxConnections)}
	if s.tls != nil && l.Addr().Network() != "unix" {
		l = tls.NewListener(l, s.tls)
	}
	return srv.Serve(l)
}

// callerAt is who is at the other end of a connection.
func callerAt(c net.Conn) caller {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if one, ok := c.(*fewConn); ok {
		c = one.Conn
	}
	who := caller{uid: -1}
	if uc, ok := c.(*net.UnixConn); ok {
		if cred, err := peer(uc); err == nil {
			who.uid, who.pid = int(cred.Uid), int(cred.Pid)
		}
	} else {
		who.remote = c.RemoteAddr().String()
	}
	return who
}

// few is a listener with a bounded number of open connections. One more is told so: it
// must not wait for those that may be there for long.
type few struct {
	net.Listener
	room chan struct{}
}

const full = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
	`{"error": {"code": "` + codeTooMany + `", "message": "too many connections to the admin endpoint: try again"}}` + "\n"

func (l *few) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.room <- struct{}{}:
			return &fewConn{Conn: c, room: l.room}, nil
		default:
			c.SetDeadline(time.Now().Add(time.Second))
			io.WriteString(c, full) // it fits into the socket's buffer
			c.Close()
		}
	}
}

type fewConn struct {
	net.Conn
	once sync.Once
	room chan struct{}
}

func (c *fewConn) Close() error {
	c.once.Do(func() { <-c.room })
	return c.Conn.Close()
}

// guard gives a request's parts their times. They are set here and not in the server,
// which knows one for a whole request: some requests wait for an update.
func (t times) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		c.SetReadDeadline(time.Now().Add(t.read))
		c.SetWriteDeadline(time.Time{})
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			who := callerOf(r.Context())
			who.subject = clip(r.TLS.PeerCertificates[0].Subject.String(), 200)
			r = r.WithContext(context.WithValue(r.Context(), callerKey{}, who))
		}
		h.ServeHTTP(&answering{w, t.write}, r)
	})
}

// answering is a response that somebody may not read: its time begins with the answer.
type answering struct {
	http.ResponseWriter
	within time.Duration
}

func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answering) WriteHeader(status int) {
	http.NewResponseController(a.ResponseWriter).SetWriteDeadline(time.Now().Add(a.within))
	a.ResponseWriter.WriteHeader(status)
}

// bounded reads the body, so that handlers have it whole and nobody keeps them waiting.
func bounded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			w.Header().Set("Connection", "close")
			status := http.StatusBadRequest
			if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
				status = http.StatusRequestEntityTooLarge
				err = errors.New("the body is longer than " + strconv.Itoa(maxBody) + " bytes")
			}
			fail(w, status, codeBadRequest, err.Error())
			return
		}
		http.NewResponseController(w).SetReadDeadline(time.Time{})
		r.Body = io.NopCloser(bytes.NewReader(body))
		if p := r.URL.Path; p == "" || p[0] != '/' || p != path.Clean(p) {
			nothing(w, r) // what http.ServeMux would lead elsewhere
			return
		}
		h.ServeHTTP(w, r)
	})
}

// forbid refuses a request, and tells the log. The connection ends: its body was not read.
func (s *Settings) forbid(w http.ResponseWriter, r *http.Request, status int, code, why string) {
	s.audit.refused(r.Context(), accessedAs, updater.Request{Path: r.Method + " " + r.URL.Path}, "", &updater.Error{Code: code, Message: why})
	w.Header().Set("Connection", "close")
	fail(w, status, code, why)
}

// ownUserOnly lets the process's own user and root in.
func (s *Settings) ownUserOnly(h http.Handler, own int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if uid := callerOf(r.Context()).uid; uid < 0 || uid != own && uid != 0 {
			s.forbid(w, r, http.StatusForbidden, codeForbidden, "only the user that the program runs as may use its admin endpoint")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// loopback are the names by which a client on this machine may call the endpoint.
func loopback(addr net.Addr) func(host string) bool {
	_, port, _ := net.SplitHostPort(addr.String())
	own := map[string]bool{addr.String(): true}
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		own[net.JoinHostPort(host, port)] = true
	}
	return func(host string) bool { return own[host] }
}

// noForeignPages keeps web pages from reaching the endpoint through a browser on
// the same machine, or one that has a client certificate: by a name that resolves to
// the endpoint's address (Host) or by a cross-site request (Origin).
func (s *Settings) noForeignPages(h http.Handler, scheme string, own func(host string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok := own(r.Host)
		for _, o := range r.Header["Origin"] {
			u, err := url.Parse(o)
			ok = ok && err == nil && u.Scheme == scheme && own(u.Host)
		}
		if !ok {
			s.forbid(w, r, http.StatusForbidden, codeForbidden, "the request's Host or Origin is not this endpoint")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// withToken wants the token of those whom the other checks have let in.
func (s *Settings) withToken(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.admits(r.Header.Get("Authorization")) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			s.forbid(w, r, http.StatusUnauthorized, codeToken, "the request does not bring the token that UPSTARE_ADMIN_TOKEN asks for; name its file with -token FILE or in UPSTARE_ADMIN_TOKEN")
			return
		}
		h.ServeHTTP(w, r)
	})
}
