package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

// client is one connection. Its goroutine runs serve and owns all of it except
// what subscriber says.
type client struct {
	srv  *server
	id   int64
	name string
	conn net.Conn
	in   *resp.Reader
	out  *resp.Writer // belongs to sub once there is one
	sub  *subscriber  // set by the first SUBSCRIBE, for good
	multi
	quit bool // close after the reply
}

func newClient(s *server, id int64, conn net.Conn) *client {
	return &client{
		srv:  s,
		id:   id,
		conn: conn,
		in:   resp.NewReader(conn),
		out:  resp.NewWriter(conn),
	}
}

// serve reads commands, runs them and replies, until the connection ends. Replies
// go out when no further command is waiting, so that pipelines cost one write.
func (c *client) serve() {
	defer c.close()
	var unreported int64 // commands run since the last flush
	for !c.quit {
		args, err := c.in.ReadCommand()
		var broken resp.ProtocolError
		if errors.As(err, &broken) {
			c.quit = true
			c.send(resp.Error("ERR " + broken.Error()))
		} else if err != nil {
			return
		}
		if len(args) > 0 {
			name := strings.ToUpper(args[0])
			cmd, known := commands[name]
			var reply resp.Reply
			switch {
			case !known:
				reply = c.refuse(fmt.Sprintf("ERR unknown command '%.128s'", args[0]))
			case !cmd.takes(len(args)):
				reply = c.refuse(fmt.Sprintf("ERR wrong number of arguments for '%s' command", strings.ToLower(name)))
			case c.sub.active() && !cmd.whileSubscribed:
				reply = resp.Error(fmt.Sprintf("ERR Can't execute '%s': only (UN)SUBSCRIBE / PING / QUIT are allowed in this context", strings.ToLower(name)))
			case c.open && !cmd.inMulti():
				reply = c.refuse(fmt.Sprintf("ERR Command '%s' not allowed inside a transaction", strings.ToLower(name)))
			case c.open && !cmd.endsMulti:
				reply = c.enqueue(cmd, args)
			case cmd.session != nil:
				reply = cmd.session(c, args)
			default:
				c.srv.db.Do(func(tx *store.Tx) { reply = cmd.data(c.srv, tx, args) })
			}
			c.send(reply)
			unreported++
		}
		if c.quit || c.in.Buffered() == 0 {
			c.srv.commands.Add(unreported)
			unreported = 0
			if err := c.flush(); err != nil {
				return
			}
		}
	}
}

// refuse replies with an error that also spoils an open transaction.
func (c *client) refuse(message string) resp.Reply {
	c.spoilt = c.open
	return resp.Error(message)
}

// send replies. A subscriber's replies queue behind the messages it has been sent.
func (c *client) send(r resp.Reply) {
	if r == nil {
		return // was sent already
	}
	if c.sub != nil {
		c.sub.push(r)
		return
	}
	c.out.Write(r) // an error stays with the writer, flush returns it
}

func (c *client) flush() error {
	if c.sub != nil {
		return nil // its goroutine flushes
	}
	return c.out.Flush()
}

// close ends the connection, after what is still to be sent to a subscriber.
func (c *client) close() {
	if c.sub != nil {
		c.conn.SetWriteDeadline(time.Now().Add(time.Second))
		c.srv.hub.leaveAll(c.sub)
		c.sub.finish()
	}
	c.conn.Close()
	c.srv.forget(c)
}
