package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/upstarego/upstarego/internal/mqtt"
)

const (
	publishers = 32 // each with a subscriber of its own
	together   = 8  // messages that a publisher hands over in one go
)

// mqtt measures a broker: messages at QoS 1, each of which goes to one subscriber.
func (b *bench) mqtt(ctx context.Context) error {
	dir := filepath.Join(b.Root, "examples", "mochi", "v2.4.5")
	if ok, err := b.download(ctx, "servers/mochi", dir); !ok {
		return err
	}
	servers, err := b.both(ctx, "mochi", dir, b.serveAt, "-instrument", "github.com/mochi-mqtt/server/v2/...")
	if err != nil {
		return err
	}
	defer stopAll(servers)
	rates, p99s, err := loads(20, func(s *server) (served, error) { return publish(s, 3*time.Second) }, servers...)
	if err != nil {
		return err
	}
	b.set("servers/mochi", figure(ratios(rates[1], rates[0])), "%d publishers and as many subscribers, QoS 1, %d messages at a time; plain %s messages a second",
		publishers, together, digits(figure(rates[0]).Median))
	b.set("servers/mochi-p99", figure(ratios(p99s[1], p99s[0])), "until all that were published together have arrived; plain %s ms", digits(figure(p99s[0]).Median))
	return nil
}

// serveAt starts a server that does not say where it listens.
func (b *bench) serveAt(ctx context.Context, exe string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	p, err := b.start(ctx, exe, "-addr", addr)
	if err != nil {
		return nil, err
	}
	go io.Copy(io.Discard, p.lines) // or the server would wait to say something about each client
	s := &server{process: p}
	s.host, s.port, _ = net.SplitHostPort(addr)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return s, c.Close()
		}
		if time.Now().After(end) {
			p.stop()
			return nil, fmt.Errorf("%s did not come up: %w\n%.4000s", exe, err, p.errs)
		}
	}
}

// publish is what a broker hands over, for as long as lasts.
func publish(s *server, lasts time.Duration) (served, error) {
	addr := net.JoinHostPort(s.host, s.port)
	var took [publishers][]time.Duration
	var errs [publishers]error
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for i := range publishers {
		ready.Add(1)
		done.Go(func() {
			p, err := newPublisher(addr)
			ready.Done()
			if errs[i] = err; err != nil {
				return
			}
			defer p.close()
			<-begin
			for end := time.Now().Add(lasts); time.Now().Before(end) && errs[i] == nil; {
				began := time.Now()
				errs[i] = p.publish()
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	ready.Wait()
	began := time.Now()
	close(begin)
	done.Wait()
	ran := time.Since(began)
	if err := errors.Join(errs[:]...); err != nil {
		return served{}, fmt.Errorf("%s: %w", filepath.Base(s.cmd.Path), err)
	}
	all := slices.Concat(took[:]...)
	slices.Sort(all)
	return served{rate: float64(len(all)*together) / ran.Seconds(), p99: float64(all[len(all)*99/100]) / 1e6}, nil
}

// A publisher publishes to a subscriber of its own.
type publisher struct {
	topic    string
	pub, sub *mqtt.Client
	sent     int
}

// begun counts publishers: none has a name that one had before, whose session the broker may not
// have ended yet.
var begun atomic.Int64

func newPublisher(addr string) (*publisher, error) {
	n := begun.Add(1)
	p := &publisher{topic: fmt.Sprint("bench/", n)}
	var err error
	if p.pub, _, err = mqtt.Dial(addr, fmt.Sprint("pub", n), mqtt.Clean); err != nil {
		return nil, err
	}
	if p.sub, _, err = mqtt.Dial(addr, fmt.Sprint("sub", n), mqtt.Clean); err == nil {
		err = p.sub.Subscribe(p.topic, 1)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *publisher) close() {
	p.pub.Close()
	p.sub.Close()
}

// publish hands over some messages together, and waits until the broker has acknowledged them and they have arrived.
func (p *publisher) publish() error {
	var out []byte
	var ids [together][]byte
	var want [together]string
	for i := range together {
		p.sent++
		ids[i], want[i] = p.pub.Next(), fmt.Sprintf("message %d of %s", p.sent, p.topic)
		out = append(out, mqtt.Encode(mqtt.Publish, mqtt.QoS1, mqtt.Text(p.topic), ids[i], []byte(want[i]))...)
	}
	if _, err := p.pub.Write(out); err != nil {
		return err
	}
	for _, id := range ids {
		if err := p.pub.Expect(mqtt.Puback, id); err != nil {
			return err
		}
	}
	for _, w := range want {
		topic, got, err := p.sub.Take()
		if err != nil {
			return err
		}
		if topic != p.topic || got != w {
			return fmt.Errorf("%q arrived on %s instead of %q", got, topic, w)
		}
	}
	return nil
}
