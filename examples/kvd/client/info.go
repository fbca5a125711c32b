package client

import (
	"fmt"
	"strconv"
	"strings"
)

// Info asks the server for a field of INFO.
func Info(c *Conn, field string) (string, error) {
	r, err := c.Do("INFO")
	if err != nil {
		return "", err
	}
	for line := range strings.SplitSeq(r.Text, "\r\n") {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return value, nil
		}
	}
	return "", NoAnswer{fmt.Sprintf("INFO has no %s: %.200q", field, r.Text)}
}

// InfoNumber is Info of a field that is a number.
func InfoNumber(c *Conn, field string) (int64, error) {
	s, err := Info(c, field)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, NoAnswer{fmt.Sprintf("INFO %s is %q", field, s)}
	}
	return n, nil
}
