package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
)

// A pipe leads to a client.
type pipe interface {
	send(msg *message) error
	flush() error
	ping(ctx context.Context) error // shows that the connection is there
	notice(text string) error       // of the server
}

// An eventPipe sends Server-Sent Events.
type eventPipe struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (p *eventPipe) send(msg *message) error {
	text, err := json.Marshal(msg)
	if err == nil {
		_, err = fmt.Fprintf(p.w, "id: %d\ndata: %s\n\n", msg.id, text)
	}
	return err
}

func (p *eventPipe) flush() error { return p.c.Flush() }

func (p *eventPipe) ping(context.Context) error {
	if _, err := fmt.Fprint(p.w, ": beat\n\n"); err != nil {
		return err
	}
	return p.flush()
}

// notice does nothing: another goroutine is writing.
func (p *eventPipe) notice(text string) error { return nil }

// A socketPipe sends messages of a WebSocket.
type socketPipe struct {
	ctx  context.Context
	conn *websocket.Conn
}

func (p *socketPipe) send(msg *message) error {
	text, err := json.Marshal(msg)
	if err == nil {
		err = p.conn.Write(p.ctx, websocket.MessageText, text)
	}
	return err
}

func (p *socketPipe) flush() error { return nil }

func (p *socketPipe) ping(ctx context.Context) error { return p.conn.Ping(ctx) }

func (p *socketPipe) notice(text string) error {
	b, err := json.Marshal(map[string]string{"notice": text})
	if err == nil {
		err = p.conn.Write(p.ctx, websocket.MessageText, b)
	}
	return err
}
