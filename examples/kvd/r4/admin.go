package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

func pingSession(c *client, args []string) resp.Reply {
	if c.sub.active() {
		return resp.Strings("pong", strings.Join(args[1:], " "))
	}
	return doPing(c.srv, nil, args)
}

func doPing(s *server, tx *store.Tx, args []string) resp.Reply {
	if len(args) == 1 {
		return resp.Simple("PONG")
	}
	return resp.Bulk(args[1])
}

func doEcho(s *server, tx *store.Tx, args []string) resp.Reply { return resp.Bulk(args[1]) }

func doQuit(c *client, args []string) resp.Reply {
	c.quit = true
	return resp.OK
}

func doSelect(s *server, tx *store.Tx, args []string) resp.Reply {
	if args[1] != "0" {
		return resp.Error("ERR DB index is out of range")
	}
	return resp.OK
}

// doCommand has no command descriptions to give; clients do without.
func doCommand(s *server, tx *store.Tx, args []string) resp.Reply { return resp.Array{} }

// settings are what clients like to know, and cannot change.
var settings = map[string]string{
	"appendonly": "no",
	"databases":  "1",
	"maxmemory":  "0",
	"save":       "",
}

func doConfig(s *server, tx *store.Tx, args []string) resp.Reply {
	if !strings.EqualFold(args[1], "GET") || len(args) < 3 {
		return resp.Error("ERR CONFIG can GET only")
	}
	var found []string
	for name, value := range settings {
		if glob(strings.ToLower(args[2]), name) {
			found = append(found, name, value)
		}
	}
	return resp.Strings(found...)
}

func doClient(c *client, args []string) resp.Reply {
	switch sub := strings.ToUpper(args[1]); {
	case sub == "ID" && len(args) == 2:
		return resp.Int(c.id)
	case sub == "GETNAME" && len(args) == 2:
		return resp.Bulk(c.name)
	case sub == "SETNAME" && len(args) == 3:
		c.name = args[2]
		return resp.OK
	case sub == "SETINFO" && len(args) == 4:
		return resp.OK
	}
	return resp.Error(fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%.128s'", args[1]))
}

func doInfo(s *server, tx *store.Tx, args []string) resp.Reply {
	var b strings.Builder
	line := func(name string, value any) { fmt.Fprintf(&b, "%s:%v\r\n", name, value) }
	b.WriteString("# Server\r\n")
	line("kvd_release", release)
	line("process_id", os.Getpid())
	line("uptime_in_seconds", int(time.Since(s.started).Seconds()))
	b.WriteString("\r\n# Clients\r\n")
	line("connected_clients", s.connected())
	line("blocked_clients", s.blocked.Load())
	b.WriteString("\r\n# Stats\r\n")
	line("total_commands_processed", s.commands.Load())
	line("expired_keys", tx.Expired())
	b.WriteString("\r\n# Keyspace\r\n")
	line("db0", fmt.Sprintf("keys=%d,expires=%d", tx.Len(), tx.Volatile()))
	return resp.Bulk(b.String())
}
