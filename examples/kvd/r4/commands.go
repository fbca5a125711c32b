package main

import (
	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

// command is how a command runs: on the data with nobody else there, which a
// transaction can do as well, or on the session of a client. One that has both
// runs on the data only inside a transaction.
type command struct {
	arity           int // words, its name included; negative: at least
	data            func(s *server, tx *store.Tx, args []string) resp.Reply
	session         func(c *client, args []string) resp.Reply
	whileSubscribed bool
	endsMulti       bool
}

func (cmd command) takes(words int) bool {
	return words == cmd.arity || cmd.arity < 0 && words >= -cmd.arity
}

func (cmd command) inMulti() bool { return cmd.data != nil || cmd.endsMulti }

var commands = map[string]command{
	"APPEND":      {arity: 3, data: doAppend},
	"BLPOP":       {arity: -3, data: blpopInMulti, session: doBlpop},
	"CLIENT":      {arity: -2, session: doClient},
	"COMMAND":     {arity: -1, data: doCommand},
	"CONFIG":      {arity: -2, data: doConfig},
	"DBSIZE":      {arity: 1, data: doDbsize},
	"DECR":        {arity: 2, data: doDecr},
	"DECRBY":      {arity: 3, data: doDecrby},
	"DEL":         {arity: -2, data: doDel},
	"DISCARD":     {arity: 1, session: doDiscard, endsMulti: true},
	"ECHO":        {arity: 2, data: doEcho},
	"EXEC":        {arity: 1, session: doExec, endsMulti: true},
	"EXISTS":      {arity: -2, data: doExists},
	"EXPIRE":      {arity: 3, data: doExpire},
	"FLUSHALL":    {arity: -1, data: doFlushall},
	"GET":         {arity: 2, data: doGet},
	"INCR":        {arity: 2, data: doIncr},
	"INCRBY":      {arity: 3, data: doIncrby},
	"INFO":        {arity: -1, data: doInfo},
	"KEYS":        {arity: 2, data: doKeys},
	"LLEN":        {arity: 2, data: doLlen},
	"LPOP":        {arity: -2, data: doLpop},
	"LPUSH":       {arity: -3, data: doLpush},
	"LRANGE":      {arity: 4, data: doLrange},
	"MGET":        {arity: -2, data: doMget},
	"MSET":        {arity: -3, data: doMset},
	"MULTI":       {arity: 1, session: doMulti},
	"PEXPIRE":     {arity: 3, data: doPexpire},
	"PING":        {arity: -1, data: doPing, session: pingSession, whileSubscribed: true},
	"PTTL":        {arity: 2, data: doPttl},
	"PUBLISH":     {arity: 3, data: doPublish},
	"QUIT":        {arity: -1, session: doQuit, whileSubscribed: true, endsMulti: true},
	"RPOP":        {arity: -2, data: doRpop},
	"RPUSH":       {arity: -3, data: doRpush},
	"SELECT":      {arity: 2, data: doSelect},
	"SET":         {arity: -3, data: doSet},
	"STRLEN":      {arity: 2, data: doStrlen},
	"SUBSCRIBE":   {arity: -2, session: doSubscribe, whileSubscribed: true},
	"TTL":         {arity: 2, data: doTtl},
	"UNSUBSCRIBE": {arity: -1, session: doUnsubscribe, whileSubscribed: true},
}
