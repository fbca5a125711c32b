package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// measureCode fills in code sizes. Functions of the plain program are found again by name in the other.
func measureCode(exes [2]string, p *Program) error {
	plain, err := functions(exes[0], p.Name)
	if err != nil {
		return err
	}
	other, err := functions(exes[1], p.Name)
	if err != nil {
		return err
	}
	for i, cost := range []*Cost{&p.Plain, &p.Other} {
		for name, size := range []map[string]int{plain, other}[i] {
			cost.CodeAll += size
			if _, ok := plain[name]; ok {
				cost.Code += size
			}
		}
		if cost.Code == 0 {
			return fmt.Errorf("no function of %s was found in %s", p.Name, exes[i])
		}
	}
	p.Code, p.CodeAll = Number(ratio(float64(p.Plain.Code), float64(p.Other.Code))), Number(ratio(float64(p.Plain.CodeAll), float64(p.Other.CodeAll)))
	return nil
}

// symbols keeps what go tool nm says about executables: all programs are in one.
var symbols = map[string][]byte{}

// functions maps a program's functions to their sizes.
func functions(exe, program string) (map[string]int, error) {
	if symbols[exe] == nil {
		out, err := exec.Command("go", "tool", "nm", "-size", exe).Output()
		if err != nil {
			return nil, fmt.Errorf("go tool nm: %w", err)
		}
		symbols[exe] = out
	}
	sizes := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(symbols[exe]))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f := strings.Fields(lines.Text()) // address size kind name
		if len(f) < 4 || f[2] != "T" && f[2] != "t" {
			continue
		}
		if name, ok := ownFunction(strings.Join(f[3:], " "), program); ok {
			size, err := strconv.Atoi(f[1])
			if err != nil {
				return nil, fmt.Errorf("go tool nm: %q: %w", lines.Text(), err)
			}
			sizes[name] += size
		}
	}
	return sizes, lines.Err()
}
