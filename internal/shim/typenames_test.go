package shim

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func nameData(s string) []byte {
	b := binary.AppendUvarint([]byte{1}, uint64(len(s)))
	return append(b, s...)
}

func TestRestoreName(t *testing.T) {
	long := strings.Repeat("x", 100)
	for marked, want := range map[string]string{
		"*main.itemˑup_f_1ˑ": "*main.item",
		"*main.Tˑup1_F_1ˑ[int,main.Uˑup2_F_1ˑ[int,func(int, int),a]]": "*main.T[int;main.U[int,func(int, int);a]]",
		"main.Tˑup1_F_1ˑ[struct { A int \"a,\\\"b\" },int,int]":       "main.T[struct { A int \"a,\\\"b\" };int,int]",
		"main.Tˑup1_F_1ˑ":                                  "main.T",
		"map[main.kˑup_f_1ˑ]main.vˑup_T_m_func1_2ˑ":        "map[main.k]main.v",
		"struct { A main.aˑup_f_1ˑ; B " + long + " }":      "struct { A main.a; B " + long + " }", // stays a long name
		"func(" + long + "main.aˑup_" + long[:20] + "_1ˑ)": "func(" + long + "main.a)",            // becomes a short one
	} {
		data := nameData(marked)
		if err := restoreName(data); err != nil {
			t.Errorf("%s: %v", marked, err)
			continue
		}
		n, size := binary.Uvarint(data[1:])
		if got := string(data[1+size:][:n]); got != want || data[0] != 1 {
			t.Errorf("%s: %q, want %q", marked, got, want)
		}
		if bytes.Contains(data, []byte(TypeMark)) {
			t.Errorf("%s: %q holds the mark", marked, data)
		}
	}
	for _, n := range []int{3, 200} { // a tag, shorter and longer than one byte can tell
		name, tag := "Aˑup_f_1ˑ", strings.Repeat("t", n)
		data := append(nameData(name), nameData(tag)[1:]...)
		data[0] |= 1<<1 | 1<<3 // has a tag, is embedded
		if err := restoreName(data); err != nil {
			t.Errorf("tag of %d: %v", n, err)
			continue
		}
		if want := append(append([]byte{data[0]}, nameData("A")[1:]...), nameData(tag)[1:]...); !bytes.HasPrefix(data, want) || len(bytes.TrimRight(data, "\x00")) != len(want) {
			t.Errorf("tag of %d: %q, want %q", n, data, want)
		}
	}
	for _, bad := range [][]byte{nameData("main.aˑup_f"), {1, 0x80, 0x80, 1}, {0, 9, 'a'}, append([]byte{1 << 2}, nameData("aˑup_f_1ˑ")[1:]...)} {
		if restoreName(bad) == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
