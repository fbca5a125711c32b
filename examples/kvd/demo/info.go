package main

import (
	"fmt"
	"strconv"
	"strings"
)

// info asks the server for a field of INFO.
func info(c *conn, field string) (string, error) {
	r, err := c.do("INFO")
	if err != nil {
		return "", err
	}
	for line := range strings.SplitSeq(r.text, "\r\n") {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return value, nil
		}
	}
	return "", errNoAnswer{fmt.Sprintf("INFO has no %s: %.200q", field, r.text)}
}

func infoNumber(c *conn, field string) (int64, error) {
	s, err := info(c, field)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errNoAnswer{fmt.Sprintf("INFO %s is %q", field, s)}
	}
	return n, nil
}
