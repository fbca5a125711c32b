package colour

import "go/types"

// A foreignPackage says what is known of a foreign package's functions.
//
// "Blocks" here means waiting for something that a stopped goroutine, or the
// world outside, has to do. A short internal critical section that runs no
// foreign callback does not count.
type foreignPackage struct {
	why string // why functions without a rule may be called plain

	// rest: functions without a rule are quiet, unless they can be handed
	// code (see hands).
	rest  bool
	rules map[string]rule // "F", "T.M", "T.*"
}

type rule struct {
	verdict verdict
	methods []string // own methods that may be called through interface values
	field   string   // field of the receiver whose function is called
}

func each(v verdict, names ...string) map[string]rule {
	rules := map[string]rule{}
	for _, n := range names {
		rules[n] = rule{verdict: v}
	}
	return rules
}

func join(ms ...map[string]rule) map[string]rule {
	all := map[string]rule{}
	for _, m := range ms {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

func asks(v verdict, methods []string, names ...string) map[string]rule {
	rules := map[string]rule{}
	for _, n := range names {
		rules[n] = rule{verdict: v, methods: methods}
	}
	return rules
}

var unwraps = []string{"Is", "As", "Unwrap", "Error"}

// table is checked against the packages it names by TestTableNamesExist. It
// holds for Go 1.26. A package that is not in it blocks.
var table = map[string]foreignPackage{
	"strings": {why: "works on its arguments in memory", rest: true, rules: join(
		each(back, "Map", "FieldsFunc", "IndexFunc", "LastIndexFunc", "TrimFunc", "TrimLeftFunc", "TrimRightFunc", "ContainsFunc"),
		each(quiet, "Builder.*", "Reader.Len", "Reader.Read", "Reader.ReadByte", "Reader.ReadRune", "Reader.UnreadByte", "Reader.UnreadRune",
			"Reader.ReadAt", "Reader.Seek", "Reader.Size", "Reader.Reset", "Replacer.Replace"),
		each(quiet, "Lines", "SplitSeq", "SplitAfterSeq", "FieldsSeq"),
		each(blocks, "Reader.WriteTo", "Replacer.WriteString"),
	)},
	"bytes": {why: "works on its arguments in memory", rest: true, rules: join(
		each(back, "Map", "FieldsFunc", "IndexFunc", "LastIndexFunc", "TrimFunc", "TrimLeftFunc", "TrimRightFunc", "ContainsFunc"),
		each(blocks, "Reader.WriteTo", "Buffer.WriteTo", "Buffer.ReadFrom"),
	)},
	"strconv":         {why: "works on its arguments in memory", rest: true},
	"unicode":         {why: "looks tables up", rest: true},
	"unicode/utf8":    {why: "works on its arguments in memory", rest: true},
	"unicode/utf16":   {why: "works on its arguments in memory", rest: true},
	"math":            {why: "computes", rest: true},
	"math/bits":       {why: "computes", rest: true},
	"math/cmplx":      {why: "computes", rest: true},
	"math/big":        {why: "computes; Scan and Format, which are handed an interface, excepted", rest: true},
	"math/rand/v2":    {why: "the global source takes no lock; Source is an interface, so a Rand blocks", rest: true, rules: each(back, "Shuffle")},
	"cmp":             {why: "compares", rest: true},
	"hash/fnv":        {why: "computes", rest: true},
	"hash/crc32":      {why: "computes", rest: true},
	"hash/crc64":      {why: "computes", rest: true},
	"hash/adler32":    {why: "computes", rest: true},
	"hash/maphash":    {why: "computes", rest: true, rules: each(quiet, "Hash.*")},
	"crypto/sha1":     {why: "computes", rest: true},
	"crypto/sha256":   {why: "computes", rest: true},
	"crypto/sha512":   {why: "computes", rest: true},
	"crypto/md5":      {why: "computes", rest: true},
	"crypto/subtle":   {why: "computes", rest: true, rules: each(back, "WithDataIndependentTiming")},
	"encoding/hex":    {why: "works on its arguments in memory", rest: true},
	"encoding/base32": {why: "works on its arguments in memory", rest: true},
	"encoding/base64": {why: "works on its arguments in memory", rest: true},
	"html":            {why: "works on its arguments in memory", rest: true},
	"path":            {why: "works on its arguments in memory", rest: true},
	"net/netip":       {why: "values in memory", rest: true},
	"net/textproto":   {why: "headers are maps; readers and writers block", rules: each(quiet, "CanonicalMIMEHeaderKey", "MIMEHeader.*", "TrimString", "TrimBytes")},
	"net/url":         {why: "works on its arguments in memory", rest: true},
	"container/ring":  {why: "links in memory", rules: join(each(back, "Ring.Do"), each(quiet, "New", "Ring.Len", "Ring.Link", "Ring.Move", "Ring.Next", "Ring.Prev", "Ring.Unlink"))},
	"container/list":  {why: "links in memory; values are not looked at", rules: each(quiet, "New", "List.*", "Element.*")},
	"sync/atomic":     {why: "computes; values are not looked at", rules: each(quiet, atomics...)},
	"encoding/binary": {why: "byte orders work in memory; Read and Write block", rest: true, rules: each(quiet, "littleEndian.*", "bigEndian.*", "nativeEndian.*", "ByteOrder.*", "AppendByteOrder.*", "Size")},
	"path/filepath":   {why: "lexical functions alone; the others ask the file system", rules: each(quiet, "Base", "Clean", "Dir", "Ext", "FromSlash", "IsAbs", "IsLocal", "Join", "Match", "Rel", "Split", "SplitList", "ToSlash", "VolumeName")},
	"errors": {why: "walks the tree of wrapped errors", rules: join(
		each(quiet, "New", "Join"), asks(back, unwraps, "Is", "As", "AsType", "Unwrap"))},
	"sort": {why: "sorts in place; calls the order it is given", rules: join(
		each(quiet, "Ints", "Float64s", "Strings", "IntsAreSorted", "Float64sAreSorted", "StringsAreSorted", "SearchInts", "SearchFloat64s", "SearchStrings", "Reverse",
			"IntSlice.*", "Float64Slice.*", "StringSlice.*"),
		each(back, "Slice", "SliceStable", "SliceIsSorted", "Search", "Find"),
		asks(back, []string{"Len", "Less", "Swap"}, "Sort", "Stable", "IsSorted"),
	)},
	"slices": {why: "works on its arguments in memory; calls the functions it is given", rules: join(
		each(quiet, "All", "Backward", "BinarySearch", "Chunk", "Clip", "Clone", "Compact", "Compare", "Concat", "Contains", "Delete", "Equal", "Grow", "Index", "Insert",
			"IsSorted", "Max", "Min", "Repeat", "Replace", "Reverse", "Sort", "Values"),
		each(back, "BinarySearchFunc", "CompactFunc", "CompareFunc", "ContainsFunc", "DeleteFunc", "EqualFunc", "IndexFunc", "IsSortedFunc", "MaxFunc", "MinFunc", "SortFunc", "SortStableFunc",
			"AppendSeq", "Collect", "Sorted", "SortedFunc", "SortedStableFunc"),
	)},
	"maps": {why: "works on its arguments in memory; calls the functions it is given", rules: join(
		each(quiet, "All", "Clone", "Copy", "Equal", "Keys", "Values"),
		each(back, "DeleteFunc", "EqualFunc", "Collect", "Insert"),
	)},
	"time": {why: "reads the clock and computes; timers and sleeping apart", rules: join(
		each(quiet, "Now", "Since", "Until", "Date", "Unix", "UnixMilli", "UnixMicro", "Parse", "ParseInLocation", "ParseDuration", "FixedZone",
			"Duration.*", "Time.*", "Month.*", "Weekday.*", "Location.String",
			"After", "NewTimer", "NewTicker", "Tick", "Timer.Reset", "Timer.Stop", "Ticker.Reset", "Ticker.Stop"),
		each(quiet, "AfterFunc"), // the function runs later, elsewhere
		each(blocks, "Sleep", "LoadLocation"),
	)},
	"sync": {why: "what only releases or counts; what waits blocks", rules: join(
		map[string]rule{"Pool.Get": {verdict: back, field: "New"}},
		each(locks, "Mutex.Lock", "RWMutex.Lock", "RWMutex.RLock"),
		each(quiet, "Mutex.Unlock", "Mutex.TryLock", "RWMutex.Unlock", "RWMutex.RUnlock", "RWMutex.TryLock", "RWMutex.TryRLock", "RWMutex.RLocker",
			"WaitGroup.Add", "WaitGroup.Done", "Cond.Signal", "Cond.Broadcast", "NewCond", "Pool.Put",
			"Map.Load", "Map.Store", "Map.LoadOrStore", "Map.LoadAndDelete", "Map.Delete", "Map.Swap", "Map.CompareAndSwap", "Map.CompareAndDelete", "Map.Clear"),
		each(quiet, "WaitGroup.Go"), // the function runs elsewhere
	)},
	"context": {why: "asking a context takes its own short locks alone; own ones, which it may have been derived from, are called back. Building one may start goroutines and call own contexts: blocks", rules: join(
		each(quiet, "Background", "TODO"), asks(back, []string{"Deadline"}, "Context.Deadline"), asks(back, []string{"Done"}, "Context.Done"),
		asks(back, []string{"Err"}, "Context.Err"), asks(back, []string{"Value"}, "Context.Value"))},
	"fmt": {why: "prints into memory; asks values how to print themselves", rules: asks(back, printed, "Sprint", "Sprintf", "Sprintln", "Errorf", "Append", "Appendf", "Appendln", "Stringer.String")},
	"runtime": {why: "reads the runtime's own state", rules: each(quiet, "NumGoroutine", "NumCPU", "Caller", "Callers", "FuncForPC", "CallersFrames", "KeepAlive", "Version",
		"Frames.Next", "Func.*")},
	// A uintptr may be made a pointer again in the expression that it is made in,
	// and nowhere else: no point may stand between.
	"reflect": {why: "addresses; all else may call methods or wait", rules: each(quiet, "Value.UnsafeAddr", "Value.Pointer", "Value.UnsafePointer", "Value.InterfaceData")},
	"unsafe":  {why: "no calls", rest: true},
	"os":      {why: "what is kept in memory; files block", rules: each(quiet, "Getpid", "Getenv", "LookupEnv", "IsNotExist", "IsExist", "IsPermission", "IsTimeout")},
	"hash":    {why: "the hashes of the distribution compute; own ones are seen by the flow", rules: each(quiet, "Hash.*", "Hash32.*", "Hash64.*")},
	"net/http": {why: "headers and constants; the rest talks to the network", rules: each(quiet, "ResponseWriter.Header", "StatusText", "Header.Get", "Header.Set", "Header.Add", "Header.Del", "Header.Values", "Header.Clone",
		"CanonicalHeaderKey", "DetectContentType", "ParseHTTPVersion", "Request.PathValue", "Request.SetPathValue", "Request.UserAgent", "Request.Referer", "Request.ProtoAtLeast")},
	"encoding/json": {why: "Valid reads bytes; the others call marshalers", rules: each(quiet, "Valid", "Number.*")},
	"regexp": {why: "matches in memory; what reads runes from a reader, or is given a function, apart", rules: join(
		each(quiet, "QuoteMeta", "MatchString", "Match", "Compile", "MustCompile", "CompilePOSIX", "MustCompilePOSIX",
			"Regexp.Match", "Regexp.MatchString", "Regexp.Find", "Regexp.FindIndex", "Regexp.FindString", "Regexp.FindStringIndex", "Regexp.FindSubmatch", "Regexp.FindSubmatchIndex",
			"Regexp.FindStringSubmatch", "Regexp.FindStringSubmatchIndex", "Regexp.FindAll", "Regexp.FindAllIndex", "Regexp.FindAllString", "Regexp.FindAllStringIndex",
			"Regexp.FindAllSubmatch", "Regexp.FindAllSubmatchIndex", "Regexp.FindAllStringSubmatch", "Regexp.FindAllStringSubmatchIndex", "Regexp.ReplaceAll", "Regexp.ReplaceAllString",
			"Regexp.ReplaceAllLiteral", "Regexp.ReplaceAllLiteralString", "Regexp.Split", "Regexp.String", "Regexp.NumSubexp", "Regexp.SubexpNames", "Regexp.SubexpIndex", "Regexp.Expand", "Regexp.ExpandString", "Regexp.Longest"),
		each(back, "Regexp.ReplaceAllFunc", "Regexp.ReplaceAllStringFunc"),
	)},
}

var atomics = []string{
	"Bool.*", "Int32.*", "Int64.*", "Uint32.*", "Uint64.*", "Uintptr.*", "Pointer.*", "Value.*",
	"AddInt32", "AddInt64", "AddUint32", "AddUint64", "AddUintptr",
	"AndInt32", "AndInt64", "AndUint32", "AndUint64", "AndUintptr",
	"OrInt32", "OrInt64", "OrUint32", "OrUint64", "OrUintptr",
	"CompareAndSwapInt32", "CompareAndSwapInt64", "CompareAndSwapUint32", "CompareAndSwapUint64", "CompareAndSwapUintptr", "CompareAndSwapPointer",
	"LoadInt32", "LoadInt64", "LoadUint32", "LoadUint64", "LoadUintptr", "LoadPointer",
	"StoreInt32", "StoreInt64", "StoreUint32", "StoreUint64", "StoreUintptr", "StorePointer",
	"SwapInt32", "SwapInt64", "SwapUint32", "SwapUint64", "SwapUintptr", "SwapPointer",
}

// WalksInMemory reports whether a function's result is an iterator over what it is given, or
// over a part of it, that only works in memory and calls nothing but its yield.
func WalksInMemory(fn *types.Func) bool {
	return fn.Pkg() != nil && recvType(fn) == nil && quietIterators[fn.Pkg().Path()+"."+fn.Name()]
}

// quietIterators are functions whose result is an iterator that only works in
// memory and calls nothing but its yield.
var quietIterators = map[string]bool{
	"slices.All": true, "slices.Backward": true, "slices.Values": true, "slices.Chunk": true,
	"maps.All": true, "maps.Keys": true, "maps.Values": true,
	"strings.Lines": true, "strings.SplitSeq": true, "strings.SplitAfterSeq": true, "strings.FieldsSeq": true,
	"bytes.Lines": true, "bytes.SplitSeq": true, "bytes.SplitAfterSeq": true, "bytes.FieldsSeq": true,
}
