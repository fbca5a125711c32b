package store

// deque is a list with both ends open: a ring of a power of two of places.
type deque struct {
	ring []string
	head int
	size int
}

func (d *deque) at(i int) *string { return &d.ring[(d.head+i)&(len(d.ring)-1)] }

func (d *deque) grow() {
	ring := make([]string, max(8, 2*len(d.ring)))
	for i := range d.size {
		ring[i] = *d.at(i)
	}
	d.ring, d.head = ring, 0
}

func (d *deque) pushBack(s string) {
	if d.size == len(d.ring) {
		d.grow()
	}
	*d.at(d.size) = s
	d.size++
}

func (d *deque) pushFront(s string) {
	if d.size == len(d.ring) {
		d.grow()
	}
	d.head = (d.head - 1) & (len(d.ring) - 1)
	d.ring[d.head] = s
	d.size++
}

func (d *deque) popBack() string {
	d.size--
	p := d.at(d.size)
	s := *p
	*p = ""
	return s
}

func (d *deque) popFront() string {
	s := d.ring[d.head]
	d.ring[d.head] = ""
	d.head = (d.head + 1) & (len(d.ring) - 1)
	d.size--
	return s
}

// End is an end of a list.
type End int

// The ends, as commands name them.
const (
	Left End = iota
	Right
)

// list returns the list under key, nil when there is none.
func (tx *Tx) list(key string) (*deque, error) {
	e := tx.find(key)
	if e == nil {
		return nil, nil
	}
	if e.list == nil {
		return nil, ErrWrongType
	}
	return e.list, nil
}

// Push adds values one after the other at an end of the list under key and returns its length.
func (tx *Tx) Push(key string, end End, values []string) (int, error) {
	list, err := tx.list(key)
	if err != nil {
		return 0, err
	}
	if list == nil {
		list = new(deque)
		tx.put(key, &entry{list: list})
	}
	for _, v := range values {
		if end == Left {
			list.pushFront(v)
		} else {
			list.pushBack(v)
		}
	}
	tx.filled = append(tx.filled, key)
	return list.size, nil
}

// Pop takes up to n values from an end of the list under key, nil when there is
// no list. A list that becomes empty is removed.
func (tx *Tx) Pop(key string, end End, n int) ([]string, error) {
	list, err := tx.list(key)
	if list == nil || err != nil {
		return nil, err
	}
	values := make([]string, 0, min(n, list.size))
	for len(values) < n && list.size > 0 {
		if end == Left {
			values = append(values, list.popFront())
		} else {
			values = append(values, list.popBack())
		}
	}
	if list.size == 0 {
		tx.remove(key)
	}
	return values, nil
}

// Range returns the values from index start to stop, both included; negative
// ones count from the end.
func (tx *Tx) Range(key string, start, stop int) ([]string, error) {
	list, err := tx.list(key)
	if list == nil || err != nil {
		return nil, err
	}
	if start < 0 {
		start = max(0, start+list.size)
	}
	if stop < 0 {
		stop += list.size
	}
	var values []string
	for i := start; i <= min(stop, list.size-1); i++ {
		values = append(values, *list.at(i))
	}
	return values, nil
}

// ListLen is the length of the list under key.
func (tx *Tx) ListLen(key string) (int, error) {
	list, err := tx.list(key)
	if list == nil || err != nil {
		return 0, err
	}
	return list.size, nil
}
