package main

import (
	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

// multi is a client's transaction: the commands between MULTI and EXEC.
type multi struct {
	open   bool
	spoilt bool // a command was refused, EXEC will be as well
	queue  []queued
}

type queued struct {
	cmd  command
	args []string
}

func (m *multi) enqueue(cmd command, args []string) resp.Reply {
	m.queue = append(m.queue, queued{cmd, args})
	return resp.Simple("QUEUED")
}

func doMulti(c *client, args []string) resp.Reply {
	c.multi = multi{open: true}
	return resp.OK
}

func doDiscard(c *client, args []string) resp.Reply {
	if !c.open {
		return resp.Error("ERR DISCARD without MULTI")
	}
	c.multi = multi{}
	return resp.OK
}

func doExec(c *client, args []string) resp.Reply {
	if !c.open {
		return resp.Error("ERR EXEC without MULTI")
	}
	m := c.multi
	c.multi = multi{}
	if m.spoilt {
		return resp.Error("EXECABORT Transaction discarded because of previous errors.")
	}
	replies := make(resp.Array, 0, len(m.queue))
	c.srv.db.Do(func(tx *store.Tx) {
		for _, q := range m.queue {
			replies = append(replies, q.cmd.data(c.srv, tx, q.args))
		}
	})
	return replies
}
