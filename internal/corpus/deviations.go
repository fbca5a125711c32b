package corpus

import (
	"fmt"
	"os"
	"strings"
)

// Deviations reads the list of programs that are known to behave differently, with the reasons: a name, a tab and
// why in each line that does not start with #.
func Deviations(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, why, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || m[name] != "" {
			return nil, fmt.Errorf("%s:%d: want a name, a tab and a reason, each name once", file, n)
		}
		m[name] = why
	}
	return m, nil
}
