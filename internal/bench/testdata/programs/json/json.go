package json

import (
	"encoding/json"
	"fmt"
)

// encoding/json, which is foreign, drives own code: methods that write and read values.
type order struct {
	ID    int               `json:"id"`
	Lines []line            `json:"lines"`
	Tags  map[string]string `json:"tags"`
}

type line struct {
	Article string  `json:"article"`
	Price   cents   `json:"price"`
	Share   float64 `json:"share"`
}

type cents int

func (c cents) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d.%02d", c/100, c%100), nil }

func (c *cents) UnmarshalText(b []byte) error {
	var whole, rest int
	if _, err := fmt.Sscanf(string(b), "%d.%d", &whole, &rest); err != nil {
		return err
	}
	*c = cents(whole*100 + rest)
	return nil
}

func example(id int) order {
	o := order{ID: id, Tags: map[string]string{"city": "Bern", "by": "post"}}
	for i := range 5 {
		o.Lines = append(o.Lines, line{fmt.Sprint("article ", i), cents(id%90 + i*100), 1 / float64(i+1)})
	}
	return o
}

func (o order) total() (sum cents) {
	for _, l := range o.Lines {
		sum += l.Price
	}
	return sum
}

func Work(n int) any {
	sum := cents(0)
	for i := range n {
		b, err := json.Marshal(example(i))
		if err != nil {
			return err.Error()
		}
		var o order
		if err := json.Unmarshal(b, &o); err != nil {
			return err.Error()
		}
		sum += o.total() + cents(len(b))
	}
	return sum
}
