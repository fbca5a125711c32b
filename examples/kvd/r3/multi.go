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
	c.watched = nil
	return resp.OK
}

// doWatch lets the next EXEC do nothing if one of the keys changes before it.
func doWatch(c *client, args []string) resp.Reply {
	if c.watched == nil {
		c.watched = make(map[string]uint64)
	}
	c.srv.db.Do(func(tx *store.Tx) {
		for _, key := range args[1:] {
			if _, again := c.watched[key]; !again {
				c.watched[key] = tx.Version(key)
			}
		}
	})
	return resp.OK
}

func doUnwatch(c *client, args []string) resp.Reply {
	c.watched = nil
	return resp.OK
}

func doExec(c *client, args []string) resp.Reply {
	if !c.open {
		return resp.Error("ERR EXEC without MULTI")
	}
	m, watched := c.multi, c.watched
	c.multi, c.watched = multi{}, nil
	if m.spoilt {
		return resp.Error("EXECABORT Transaction discarded because of previous errors.")
	}
	var reply resp.Reply = resp.NilArray
	c.srv.db.Do(func(tx *store.Tx) {
		for key, version := range watched {
			if tx.Version(key) != version {
				return
			}
		}
		replies := make(resp.Array, 0, len(m.queue))
		for _, q := range m.queue {
			replies = append(replies, q.cmd.data(c.srv, tx, q.args))
		}
		reply = replies
	})
	return reply
}
