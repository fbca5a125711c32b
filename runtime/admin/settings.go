package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/upstarego/upstarego/runtime/admin/secret"
)

// Settings say where the endpoint listens and who may use it. They are read once,
// when the process starts.
type Settings struct {
	Addr string // a socket's path or host:port; "off" is no endpoint

	token  *[sha256.Size]byte // of what a request must bring; nil: nothing
	server *certificate       // with TLS
	tls    *tls.Config
	audit  *audit
	faults bool  // for tests: updates may be asked to fail
	within times // none: the usual ones
}

const (
	maxPEM      = 1 << 20
	tlsVariable = "UPSTARE_TLS_"
)

// Read reads the settings from an environment. On an error there must be no endpoint:
// what was to guard it is not there.
func Read(getenv func(string) string) (*Settings, error) {
	s := &Settings{Addr: getenv("UPSTARE_ADMIN")}
	if s.Addr == "" {
		s.Addr = DefaultAddress()
	}
	if s.Addr == "off" {
		return s, nil
	}
	if name := getenv("UPSTARE_ADMIN_TOKEN"); name != "" {
		token, err := secret.Token(name)
		if err != nil {
			return nil, fmt.Errorf("UPSTARE_ADMIN_TOKEN: %w", err)
		}
		sum := sha256.Sum256([]byte(token))
		s.token = &sum
	}
	if err := s.readTLS(getenv(tlsVariable+"CERT"), getenv(tlsVariable+"KEY"), getenv(tlsVariable+"CLIENT_CA")); err != nil {
		return nil, err
	}
	s.faults = getenv("UPSTARE_FAULTS") == "on"
	var err error
	s.audit, err = openAudit(getenv("UPSTARE_AUDIT"))
	if err != nil {
		return nil, fmt.Errorf("UPSTARE_AUDIT: %w", err)
	}
	return s, nil
}

// readTLS reads the server's certificate, and whose certificates clients must have.
func (s *Settings) readTLS(cert, key, ca string) error {
	if cert == "" && key == "" && ca == "" {
		return nil
	}
	if cert == "" || key == "" || ca == "" {
		return errors.New("of UPSTARE_TLS_CERT, UPSTARE_TLS_KEY and UPSTARE_TLS_CLIENT_CA some are set and some are not")
	}
	if !isTCP(s.Addr) {
		return errors.New("UPSTARE_TLS_CERT is set, and UPSTARE_ADMIN is no host:port")
	}
	s.server = &certificate{cert: cert, key: key}
	if err := s.server.read(); err != nil {
		return fmt.Errorf("UPSTARE_TLS_CERT, UPSTARE_TLS_KEY: %w", err)
	}
	data, err := secret.ReadPublic(ca, maxPEM)
	if err != nil {
		return fmt.Errorf("UPSTARE_TLS_CLIENT_CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return fmt.Errorf("UPSTARE_TLS_CLIENT_CA: %s holds no certificate", ca)
	}
	s.tls = &tls.Config{
		MinVersion:             tls.VersionTLS13,
		ClientAuth:             tls.RequireAndVerifyClientCert,
		ClientCAs:              pool,
		NextProtos:             []string{"http/1.1"},
		SessionTicketsDisabled: true, // each connection shows its certificate
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			s.server.read() // one that cannot be read leaves the last one
			return s.server.now.Load(), nil
		},
	}
	return nil
}

// A certificate is read anew for each connection: certificates end before processes do
// that are never started again.
type certificate struct {
	cert, key string
	now       atomic.Pointer[tls.Certificate]
}

func (c *certificate) read() error {
	cert, err := secret.ReadPublic(c.cert, maxPEM)
	if err != nil {
		return err
	}
	key, err := secret.Read(c.key, maxPEM)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	c.now.Store(&pair)
	return nil
}

// names reports whether the certificate is for host.
func (c *certificate) names(host string) bool {
	leaf := c.now.Load().Leaf
	return leaf != nil && leaf.VerifyHostname(host) == nil
}

// admits reports whether a request's Authorization header brings the token.
func (s *Settings) admits(header string) bool {
	if s.token == nil {
		return true
	}
	scheme, token, _ := strings.Cut(header, " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1
}
