package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/kvd/internal/resp"
	"example.com/kvd/internal/store"
)

var (
	errSyntax     = resp.Error("ERR syntax error")
	errNotInteger = resp.Error(store.ErrNotInteger.Error())
)

// optional is a string that may not be there.
func optional(value string, ok bool) resp.Reply {
	if !ok {
		return resp.Nil
	}
	return resp.Bulk(value)
}

// integer is an integer or the reason why there is none.
func integer(n int64, err error) resp.Reply {
	if err != nil {
		return resp.Error(err.Error())
	}
	return resp.Int(n)
}

// count is the number of keys for which yes says so.
func count(keys []string, yes func(key string) bool) resp.Reply {
	n := 0
	for _, key := range keys {
		if yes(key) {
			n++
		}
	}
	return resp.Int(n)
}

func yesNo(yes bool) resp.Reply {
	if yes {
		return resp.Int(1)
	}
	return resp.Int(0)
}

func doGet(s *server, tx *store.Tx, args []string) resp.Reply {
	value, ok, err := tx.Get(args[1])
	if err != nil {
		return resp.Error(err.Error())
	}
	return optional(value, ok)
}

func doSet(s *server, tx *store.Tx, args []string) resp.Reply {
	var opt store.SetOptions
	for i := 3; i < len(args); i++ {
		switch option := strings.ToUpper(args[i]); option {
		case "NX":
			opt.OnlyNew = true
		case "XX":
			opt.OnlyPresent = true
		case "KEEPTTL":
			opt.KeepTTL = true
		case "EX", "PX":
			unit := time.Second
			if option == "PX" {
				unit = time.Millisecond
			}
			if i++; i == len(args) || opt.TTL != 0 {
				return errSyntax
			}
			ttl, ok := parseTTL(args[i], unit)
			if !ok {
				return errNotInteger
			}
			if ttl <= 0 {
				return resp.Error("ERR invalid expire time in 'set' command")
			}
			opt.TTL = ttl
		default:
			return errSyntax
		}
	}
	if opt.OnlyNew && opt.OnlyPresent || opt.KeepTTL && opt.TTL != 0 {
		return errSyntax
	}
	if !tx.Set(args[1], args[2], opt) {
		return resp.Nil
	}
	return resp.OK
}

func doMget(s *server, tx *store.Tx, args []string) resp.Reply {
	values := make(resp.Array, 0, len(args)-1)
	for _, key := range args[1:] {
		value, ok, _ := tx.Get(key) // what is no string counts as missing
		values = append(values, optional(value, ok))
	}
	return values
}

func doMset(s *server, tx *store.Tx, args []string) resp.Reply {
	if len(args)%2 == 0 {
		return resp.Error("ERR wrong number of arguments for 'mset' command")
	}
	for i := 1; i < len(args); i += 2 {
		tx.Set(args[i], args[i+1], store.SetOptions{})
	}
	return resp.OK
}

func doAppend(s *server, tx *store.Tx, args []string) resp.Reply {
	n, err := tx.Append(args[1], args[2])
	return integer(int64(n), err)
}

func doStrlen(s *server, tx *store.Tx, args []string) resp.Reply {
	value, _, err := tx.Get(args[1])
	return integer(int64(len(value)), err)
}

func doIncr(s *server, tx *store.Tx, args []string) resp.Reply {
	return integer(tx.IncrBy(args[1], 1))
}

func doDecr(s *server, tx *store.Tx, args []string) resp.Reply {
	return integer(tx.IncrBy(args[1], -1))
}

func doIncrby(s *server, tx *store.Tx, args []string) resp.Reply {
	delta, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return errNotInteger
	}
	return integer(tx.IncrBy(args[1], delta))
}

func doDecrby(s *server, tx *store.Tx, args []string) resp.Reply {
	delta, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil || -delta == delta && delta != 0 {
		return errNotInteger
	}
	return integer(tx.IncrBy(args[1], -delta))
}

func doDel(s *server, tx *store.Tx, args []string) resp.Reply { return count(args[1:], tx.Del) }

func doExists(s *server, tx *store.Tx, args []string) resp.Reply { return count(args[1:], tx.Exists) }

func doExpire(s *server, tx *store.Tx, args []string) resp.Reply {
	return expireIn(tx, args, time.Second)
}

func doPexpire(s *server, tx *store.Tx, args []string) resp.Reply {
	return expireIn(tx, args, time.Millisecond)
}

func expireIn(tx *store.Tx, args []string, unit time.Duration) resp.Reply {
	ttl, ok := parseTTL(args[2], unit)
	if !ok {
		return errNotInteger
	}
	return yesNo(tx.Expire(args[1], ttl))
}

func parseTTL(s string, unit time.Duration) (time.Duration, bool) {
	const farthest = 1 << 62
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > farthest/int64(unit) || n < -farthest/int64(unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

func doTtl(s *server, tx *store.Tx, args []string) resp.Reply {
	return timeLeft(tx, args[1], time.Second)
}

func doPttl(s *server, tx *store.Tx, args []string) resp.Reply {
	return timeLeft(tx, args[1], time.Millisecond)
}

func timeLeft(tx *store.Tx, key string, unit time.Duration) resp.Reply {
	left, expires, exists := tx.TTL(key)
	switch {
	case !exists:
		return resp.Int(-2)
	case !expires:
		return resp.Int(-1)
	}
	return resp.Int((left + unit/2) / unit)
}

// doObject tells how often a key was used, or for how many seconds it was not.
func doObject(s *server, tx *store.Tx, args []string) resp.Reply {
	hits, idle, exists := tx.Use(args[2])
	switch sub := strings.ToUpper(args[1]); {
	case sub != "FREQ" && sub != "IDLETIME":
		return resp.Error(fmt.Sprintf("ERR unknown subcommand '%.128s'", args[1]))
	case !exists:
		return resp.Nil
	case sub == "FREQ":
		return resp.Int(hits)
	}
	return resp.Int(idle / time.Second)
}

func doKeys(s *server, tx *store.Tx, args []string) resp.Reply {
	return resp.Strings(tx.Keys(func(key string) bool { return glob(args[1], key) })...)
}

func doDbsize(s *server, tx *store.Tx, args []string) resp.Reply { return resp.Int(tx.Len()) }

func doFlushall(s *server, tx *store.Tx, args []string) resp.Reply {
	tx.Flush()
	return resp.OK
}

func doLpush(s *server, tx *store.Tx, args []string) resp.Reply {
	n, err := tx.Push(args[1], store.Left, args[2:])
	return integer(int64(n), err)
}

func doRpush(s *server, tx *store.Tx, args []string) resp.Reply {
	n, err := tx.Push(args[1], store.Right, args[2:])
	return integer(int64(n), err)
}

func doLpop(s *server, tx *store.Tx, args []string) resp.Reply { return pop(tx, store.Left, args) }

func doRpop(s *server, tx *store.Tx, args []string) resp.Reply { return pop(tx, store.Right, args) }

// pop answers with a value, or with an array of them when it was told how many.
func pop(tx *store.Tx, end store.End, args []string) resp.Reply {
	n := 1
	if len(args) > 2 {
		var err error
		if n, err = strconv.Atoi(args[2]); err != nil || n < 0 || len(args) > 3 {
			return resp.Error("ERR value is out of range, must be positive")
		}
	}
	values, err := tx.Pop(args[1], end, n)
	switch {
	case err != nil:
		return resp.Error(err.Error())
	case len(args) > 2 && values == nil:
		return resp.NilArray
	case len(args) > 2:
		return resp.Strings(values...)
	case values == nil:
		return resp.Nil
	}
	return resp.Bulk(values[0])
}

func doLrange(s *server, tx *store.Tx, args []string) resp.Reply {
	start, err1 := strconv.Atoi(args[2])
	stop, err2 := strconv.Atoi(args[3])
	if err1 != nil || err2 != nil {
		return errNotInteger
	}
	values, err := tx.Range(args[1], start, stop)
	if err != nil {
		return resp.Error(err.Error())
	}
	return resp.Strings(values...)
}

func doLlen(s *server, tx *store.Tx, args []string) resp.Reply {
	n, err := tx.ListLen(args[1])
	return integer(int64(n), err)
}
