package release

import (
	"os"
	"path/filepath"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Back is the configuration of the way back from the release that c builds: the
// program of its base, old, once more, as the release that follows next. What old
// carries is laid out in dir, over the tree of c. The map is in directory back beside
// c's.
//
// The caller says which release next is, by From or Base, and names the Output.
func Back(c Config, old *ledger.Release, dir string) (Config, error) {
	laid, err := LayOut(c, old, dir)
	if err != nil {
		return c, err
	}
	b := laid.Config(c)
	b.Back = true
	if b.MapDir != "" {
		b.MapDir = filepath.Join(b.MapDir, "back")
	}
	return b, nil
}

// BuildBack builds the way back from next, which Build has made of c. The release gets
// the name output.
func BuildBack(c Config, next *Result, output string) (*Result, error) {
	dir, err := os.MkdirTemp("", "upstarego-back-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b, err := Back(c, next.Base, dir)
	if err != nil {
		return nil, err
	}
	b.From, b.Output, b.There = next.Executable, output, next.Step
	if b.Work != "" {
		b.Work = filepath.Join(b.Work, "back")
	}
	return Build(b)
}

// DescribeBack describes the way back from next, which Describe has made of c. What the
// description reads is in dir.
func DescribeBack(c Config, next *Step, dir string) (*Step, error) {
	b, err := Back(c, next.Old, dir)
	if err != nil {
		return nil, err
	}
	dir = next.MapDir
	if c.MapDir != "" {
		if dir = c.MapDir; !filepath.IsAbs(dir) {
			dir = filepath.Join(c.Dir, dir)
		}
	}
	// What the map of the way there leaves open is not the question here.
	there := next.Input(dir)
	if rules, _ := check.Check(there); rules != nil {
		next.New.Passes = check.Passes(next.Old, next.New, rules)
		check.Settle(next.Old, next.New, rules)
	}
	b.Base, b.There = next.New, &there
	return Describe(b)
}
