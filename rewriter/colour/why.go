package colour

import (
	"fmt"
	"strings"
)

// Why says for every function that name stands for why it is pausable, or that
// it is not. name is a full name, or any end of one that begins at a package,
// type or function name: "server/store.(*Store).Get", "store.(*Store).Get",
// "Get".
func (r *Result) Why(name string) (string, error) {
	var out []string
	for _, f := range r.funcs {
		if !named(f.name, name) || f.body == nil {
			continue
		}
		info := r.Funcs[f.node]
		if !info.Pausable {
			out = append(out, fmt.Sprintf("%s is not pausable; gate %s", f.name, info.Gate))
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s pausable: ", f.name)
		for i, s := range info.Why {
			if i > 0 {
				fmt.Fprintf(&b, " ← %s: ", s.Func)
			}
			fmt.Fprintf(&b, "%s (%s)", s.What, s.Pos)
		}
		fmt.Fprintf(&b, "; gate %s", info.Gate)
		if f.escapes {
			b.WriteString("; stops alone, since it is marked go:uintptrescapes: its caller's frame keeps objects alive, and stays until it returns")
		}
		out = append(out, b.String())
	}
	if len(out) == 0 {
		return "", fmt.Errorf("no own function is named %s", name)
	}
	return strings.Join(out, "\n"), nil
}

// named reports whether name is full or an end of it behind a "/" or ".".
func named(full, name string) bool {
	rest, ok := strings.CutSuffix(full, name)
	return ok && (rest == "" || strings.HasSuffix(rest, "/") || strings.HasSuffix(rest, "."))
}
