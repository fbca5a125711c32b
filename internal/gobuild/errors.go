package gobuild

import (
	"go/token"
	"regexp"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
)

var compilerLine = regexp.MustCompile(`^(\S[^:]*\.(?:go|s):\d+(?::\d+)?): (.*)$`)

// goErrors takes the go command's stderr apart. Positions are those of the
// user's files, because the compiler was told their names.
func goErrors(dir, stderr string) diag.List {
	var l diag.List
	var rest []string
	for line := range strings.SplitSeq(strings.TrimRight(stderr, "\n"), "\n") {
		if m := compilerLine.FindStringSubmatch(line); m != nil {
			l.Add(diag.CompileFailed, diag.ParsePosition(dir, m[1]), m[2], "", "")
			continue
		}
		if !strings.HasPrefix(line, "# ") && strings.TrimSpace(line) != "" {
			rest = append(rest, line)
		}
	}
	if len(l) > 0 {
		return l
	}
	text := strings.Join(rest, "\n")
	if strings.Contains(stderr, "/link: ") || strings.Contains(stderr, "/ld: ") || strings.Contains(stderr, "collect2: ") {
		l.Add(diag.LinkFailed, token.Position{}, "linking failed", text, CCompiler(text))
		return l
	}
	l.Add(diag.BuildFailed, token.Position{}, "go build failed", text, "")
	return l
}

// CCompiler is what to do about a message of the go command that says that there is no
// C compiler, which links programs that load updates; "" of any other message.
func CCompiler(text string) string {
	if strings.Contains(text, "C compiler ") && strings.Contains(text, " not found") || strings.Contains(text, "executable file not found in $PATH") {
		return "install a C compiler (on Debian, apt-get install gcc libc6-dev), or name one in CC"
	}
	return ""
}
