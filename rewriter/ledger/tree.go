package ledger

import (
	"encoding/json"
	"unicode/utf8"
)

// A Tree holds what the go command reads to build a release, besides the Go files of
// own packages (Release.Sources), so far as no module cache has it. Sources and Tree
// together are the release's source; what is downloaded is named by Modules' go.sum.
type Tree struct {
	// Modules are those whose files lie in directories of the developer's: the main
	// module first, the workspace's, and those that a replace line finds there.
	Modules []Module `json:"modules"`

	// Packages says for every package of the program in such a module which one it
	// is, by import paths.
	Packages map[string]string `json:"packages"`

	// Files are files of these packages that are not in Sources: import path + "/" +
	// name, which for embedded files may have directories in it.
	Files map[string]Text `json:"files,omitempty"`

	Work    Text   `json:"work,omitempty"`    // go.work
	WorkSum Text   `json:"workSum,omitempty"` // go.work.sum
	Vendor  string `json:"vendor,omitempty"`  // hash of the list of vendored modules; "" if none is used
}

// A Module is one that no module cache has.
type Module struct {
	Path string `json:"path"`
	Dir  string `json:"dir"` // relative to the main module's
	Mod  Text   `json:"mod"` // go.mod
	Sum  Text   `json:"sum,omitempty"`
}

// A Text is a file's contents. In JSON it is a string if it can be one.
type Text []byte

type base64Text struct {
	Base64 []byte `json:"base64"`
}

func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.Valid(t) {
		return json.Marshal(string(t))
	}
	return json.Marshal(base64Text{t})
}

func (t *Text) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		var s string
		err := json.Unmarshal(data, &s)
		*t = Text(s)
		return err
	}
	var b base64Text
	err := json.Unmarshal(data, &b)
	*t = b.Base64
	return err
}
