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
func measureCode(exes [2]string, costs [2]*Cost) error {
	plain, err := ownFunctions(exes[0])
	if err != nil {
		return err
	}
	other, err := ownFunctions(exes[1])
	if err != nil {
		return err
	}
	for i, functions := range []map[string]int{plain, other} {
		for name, size := range functions {
			costs[i].CodeAll += size
			costs[i].Functions++
			if _, ok := plain[name]; ok {
				costs[i].Code += size
			}
		}
	}
	if costs[0].Code == 0 || costs[1].Code == 0 {
		return fmt.Errorf("no function of the program was found in %s", strings.Join(exes[:], " and "))
	}
	return nil
}

// ownFunctions maps the functions of the program's package to their sizes. Plainly built its symbols begin
// with main., made importable with its path.
func ownFunctions(exe string) (map[string]int, error) {
	out, err := exec.Command("go", "tool", "nm", "-size", exe).Output()
	if err != nil {
		return nil, fmt.Errorf("go tool nm: %w", explain(err))
	}
	sizes := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f := strings.Fields(lines.Text()) // address size kind name
		if len(f) < 4 || f[2] != "T" && f[2] != "t" {
			continue
		}
		name := strings.Join(f[3:], " ")
		for _, prefix := range []string{modulePath + ".", "main."} {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				size, err := strconv.Atoi(f[1])
				if err != nil {
					return nil, fmt.Errorf("go tool nm: %q: %w", lines.Text(), err)
				}
				sizes[rest] += size
				break
			}
		}
	}
	return sizes, lines.Err()
}
