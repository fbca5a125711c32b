package main

import (
	"encoding/json"
	"os"
)

// json prints a result for programs.
func (c *call) json(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = c.stdout.Write(append(data, '\n'))
	return err
}

// write writes what -json=FILE asks for; - is standard output.
func (c *call) write(name string, data []byte) error {
	if name == "-" {
		_, err := c.stdout.Write(data)
		return err
	}
	return os.WriteFile(name, data, 0o666)
}
