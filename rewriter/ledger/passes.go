package ledger

// A Pass is a step that a lineage has made, from one release to the next, as far as it
// says where frames go. A goroutine that has been parked since an early release takes
// all the steps since then when it comes back.
//
// Functions whose frames keep their key and all numbers of their points are in none of
// the lists: what they are is known from the release after it.
type Pass struct {
	Number int      `json:"number"`          // of the release it starts from
	Funcs  []Passed `json:"funcs,omitempty"` // the other functions of that release
	Added  []string `json:"added,omitempty"` // the other functions of the one after it, by key
}

// A Passed function is where its frames went.
type Passed struct {
	Key   string `json:"key"`
	File  string `json:"file"`
	Gate  bool   `json:"gate,omitempty"`
	Lines []int  `json:"lines"` // of its points

	New    string          `json:"new,omitempty"`    // the function that they became by themselves
	Points []int           `json:"points,omitempty"` // old point → new one, -1: see Left and Made. nil: the same
	Left   []int           `json:"left,omitempty"`   // points at which nobody was
	Made   map[int][]Stand `json:"made,omitempty"`   // points of which the map made these frames, or none
	Starts []string        `json:"starts,omitempty"` // functions that goroutines may begin with beside them
}

// A Stand is a point of a function.
type Stand struct {
	Key   string `json:"key"`
	Point int    `json:"point"`
}
