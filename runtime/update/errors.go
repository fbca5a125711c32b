package update

import "encoding/hex"

// Code names one way in which an update file is refused; codes do not change.
type Code string

const (
	NotReadable  Code = "UP2021" // the file cannot be read
	NotAnUpdate  Code = "UP2022" // not an update file at all
	Truncated    Code = "UP2023" // shorter than its header says
	Edited       Code = "UP2024" // not what was written
	OtherFormat  Code = "UP2025" // written by a tool of another format version
	OtherArch    Code = "UP2026" // for another operating system or architecture
	OtherGo      Code = "UP2027" // built by another Go toolchain
	OtherFlags   Code = "UP2028" // built with other build flags
	OtherLineage Code = "UP2029" // belongs to another program or another lineage
	WrongBase    Code = "UP2030" // updates another release than the one that runs
	OtherSource  Code = "UP2031" // a package it shares has other source in the process
	NotLoadable  Code = "UP2032" // the dynamic linker or the Go runtime refuses it
	WrongBinding Code = "UP2033" // a symbol was bound to the wrong module
	WrongState   Code = "UP2034" // the module is not in a state that allows this
	NoTrust      Code = "UP2041" // the process was not told whose updates to take
	NotSigned    Code = "UP2042" // without a signature, and the process wants one
	OtherKey     Code = "UP2043" // signed, but by nobody whom the process trusts
	BadSignature Code = "UP2044" // the signature is of something else
)

var remedy = map[Code]string{
	NotReadable:  "check the path and its permissions",
	NotAnUpdate:  "give the file that `upstarego build -from` wrote",
	Truncated:    "copy the file again",
	Edited:       "copy the file again, or build it again",
	OtherFormat:  "build the update with the tool that built the running release",
	OtherArch:    "build the update with the running release's GOOS and GOARCH",
	OtherGo:      "build the update with the running release's Go toolchain",
	OtherFlags:   "build the update with the running release's flags",
	OtherLineage: "build the update with -from naming the running release",
	WrongBase:    "load the updates in order, or build one with -from naming the running release",
	OtherSource:  "build the update with -from naming the running release",
	NotLoadable:  "look at the reason given; the process goes on in its old release",
	WrongBinding: "report this with the update file: the process goes on in its old release",
	WrongState:   "commit or abandon the module first",
	NoTrust:      "start the program with UPSTARE_TRUST=FILE.pub (`upstarego keygen` makes keys), or with UPSTARE_TRUST=unsigned if whoever reaches its endpoint may run any code in it",
	NotSigned:    "sign it: `upstarego sign -key FILE.key FILE.update`",
	OtherKey:     "sign it with a key that the process trusts, or start the program with UPSTARE_TRUST naming this one",
	BadSignature: "copy the file again, or sign it again",
}

var summary = map[Code]string{
	NotReadable:  "the update cannot be read",
	NotAnUpdate:  "this is not an update file",
	Truncated:    "the update file is truncated",
	Edited:       "the update file was damaged or edited",
	OtherFormat:  "the update file has another format",
	OtherArch:    "the update is for another architecture",
	OtherGo:      "the update was built by another Go toolchain",
	OtherFlags:   "the update was built with other flags",
	OtherLineage: "the update belongs to another lineage",
	WrongBase:    "the update is for another base release",
	OtherSource:  "the update shares a package that differs in this process",
	NotLoadable:  "the update cannot be loaded",
	WrongBinding: "the update was bound to the wrong symbols",
	WrongState:   "not possible in this state",
	NoTrust:      "the process trusts nobody",
	NotSigned:    "the update is not signed",
	OtherKey:     "the update is signed by another key",
	BadSignature: "the update's signature is wrong",
}

// Error says why an update was refused: what, why, and what to do about it.
type Error struct {
	Code Code
	Path string // of the update file, if known
	Why  string
	Err  error // the cause, if there is one

	Digest string // that the header states, if it was read
}

func (e *Error) of(h stated) *Error {
	e.Digest = hex.EncodeToString(h.digest[:])
	return e
}

func (e *Error) Error() string { return e.text(string(e.Code) + ": ") }

// Message is the error without its code, for where that has a place of its own.
func (e *Error) Message() string { return e.text("") }

func (e *Error) text(code string) string {
	s := code + summary[e.Code] + ": " + e.Why + "; " + remedy[e.Code]
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }
