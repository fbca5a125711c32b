package main

import (
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
)

var explainCommand = &command{
	name: "explain", args: "[-json] [CODE]", short: "say what a diagnostic's code means",
	long: "Every diagnostic ends with a code like [UP1012]. explain says what it stands\nfor, why it is so and what to do; without a code it lists them all.",
	run: func(c *call) error {
		f := c.flags()
		raw := f.Bool("json", false, "print them as JSON")
		args, err := c.parse(f)
		if err != nil {
			return err
		}
		switch len(args) {
		case 0:
			if *raw {
				all := []explained{}
				for _, i := range diag.All() {
					all = append(all, explained(i))
				}
				return c.json(all)
			}
			for _, i := range diag.All() {
				fmt.Fprintf(c.stdout, "%s  %s\n", i.Code, i.Title)
			}
			return nil
		case 1:
		default:
			return c.misused("more than one code")
		}
		i, ok := diag.Explain(strings.ToUpper(strings.Trim(args[0], "[]")))
		if !ok {
			return diag.New(diag.UnknownCode, noPos, args[0]+" is no code of this release", "", "upstarego explain lists them")
		}
		if *raw {
			return c.json(explained(i))
		}
		fmt.Fprintf(c.stdout, "%s: %s\n\n%s\n", i.Code, i.Title, wrap(i.Explanation, 78))
		return nil
	},
}

// explained is a code as -json prints it.
type explained struct {
	Code        string `json:"code"`
	Title       string `json:"title"`
	Explanation string `json:"explanation"`
}

// wrap breaks text between words so that no line is longer than width.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
