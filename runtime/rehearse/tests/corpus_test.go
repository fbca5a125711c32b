package tests

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What `go test` reads as the seeds of a fuzz target, values of every type among them.
func TestReadCorpus(t *testing.T) {
	dir := t.TempDir()
	text := "go test fuzz v1\nint(-3)\nint8(-128)\nuint64(0xff)\nbyte('a')\nrune('ä')\nstring(\"x\\n\")\n[]byte(\"\\xff\")\nbool(true)\n" +
		"float64(-1.5)\nfloat32(+Inf)\nmath.Float64frombits(0x7ff8000000000002)\n\n"
	if err := os.WriteFile(filepath.Join(dir, "seed"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	nan := math.Float64frombits(0x7ff8000000000002)
	want := []any{-3, int8(-128), uint64(255), byte('a'), 'ä', "x\n", []byte{0xff}, true, -1.5, float32(math.Inf(1)), nan}
	var types []reflect.Type
	for _, v := range want {
		types = append(types, reflect.TypeOf(v))
	}
	d := new(deps)
	all, err := d.ReadCorpus(dir, types)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	for i, v := range all[0].Values {
		if f, ok := v.(float64); ok && f != f {
			v, want[i] = math.Float64bits(f), math.Float64bits(nan)
		}
		if !reflect.DeepEqual(v, want[i]) {
			t.Errorf("value %d: %v (%T), want %v", i, v, v, want[i])
		}
	}
	if _, err := d.ReadCorpus(dir, types[1:]); err == nil {
		t.Error("too many values")
	}
	if _, err := d.ReadCorpus(dir, append([]reflect.Type{types[1]}, types[1:]...)); err == nil {
		t.Error("an int where an int8 is due")
	}
	if all, err := d.ReadCorpus(filepath.Join(dir, "none"), nil); all != nil || err != nil {
		t.Error(all, err)
	}
	for _, bad := range []string{"", "go test fuzz v2\nint(1)", "go test fuzz v1\n", "go test fuzz v1\n1", "go test fuzz v1\nint8(300)", "go test fuzz v1\nint(\"1\")", "go test fuzz v1\nstring(1)",
		"go test fuzz v1\n[]int(\"1\")", "go test fuzz v1\nbool(1)", "go test fuzz v1\nerror(1)", "go test fuzz v1\nint(1, 2)"} {
		if v, err := readValues([]byte(bad)); err == nil {
			t.Errorf("%q: %v", bad, v)
		}
	}
}
