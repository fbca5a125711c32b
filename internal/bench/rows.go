package bench

// A Row is one line of the table: what is asked for, and of what.
type Row struct {
	Name  string  `json:"name"`
	What  string  `json:"what"`
	On    string  `json:"on"`              // the programs, by name
	Unit  string  `json:"unit,omitempty"`  // "": a ratio to the plain program
	Most  float64 `json:"most,omitempty"`  // the goal is at most this
	Least float64 `json:"least,omitempty"` // or at least this
	None  bool    `json:"none,omitempty"`  // the goal is zero
	Sized bool    `json:"sized,omitempty"` // the reduced form measures something smaller
}

// Rows are all lines, in the table's order.
func Rows() []Row { return rows }

const (
	computePrograms = "testdata/programs"
	updatePrograms  = "testdata/updates/"
	serverPrograms  = "testdata/servers/"
)

var rows = []Row{
	{Name: "compute/time", What: "steady overhead, compute: time, geometric mean", On: computePrograms, Most: 1.02},
	{Name: "compute/worst", What: "steady overhead, compute: time, the worst program", On: computePrograms, Most: 1.10},
	{Name: "compute/cpu", What: "the same: processor time, geometric mean", On: computePrograms, Most: 1.02},
	{Name: "compute/cpu-worst", What: "the same: processor time, the worst program", On: computePrograms, Most: 1.10},
	{Name: "compute/instructions", What: "instructions, geometric mean", On: computePrograms},
	{Name: "compute/branches", What: "branches, geometric mean", On: computePrograms},
	{Name: "compute/allocations", What: "programs that allocate more than plain", On: computePrograms, Unit: "programs", None: true},

	{Name: "servers/kvd-P1", What: "throughput, redis-benchmark -P 1", On: "examples/kvd", Least: 0.98},
	{Name: "servers/kvd-P1-p99", What: "p99, redis-benchmark -P 1", On: "examples/kvd", Most: 1.05},
	{Name: "servers/kvd-P16", What: "throughput, redis-benchmark -P 16", On: "examples/kvd", Least: 0.98},
	{Name: "servers/kvd-P16-p99", What: "p99, redis-benchmark -P 16", On: "examples/kvd", Most: 1.05},
	{Name: "servers/redcon-P1", What: "throughput, redis-benchmark -P 1", On: "examples/redcon", Least: 0.98},
	{Name: "servers/redcon-P1-p99", What: "p99, redis-benchmark -P 1", On: "examples/redcon", Most: 1.05},
	{Name: "servers/redcon-P16", What: "throughput, redis-benchmark -P 16", On: "examples/redcon", Least: 0.98},
	{Name: "servers/redcon-P16-p99", What: "p99, redis-benchmark -P 16", On: "examples/redcon", Most: 1.05},
	{Name: "servers/http", What: "throughput, wrk", On: serverPrograms + "http", Least: 0.98},
	{Name: "servers/http-p99", What: "p99, wrk", On: serverPrograms + "http", Most: 1.05},
	{Name: "servers/mochi", What: "throughput, MQTT", On: "examples/mochi", Least: 0.98},
	{Name: "servers/mochi-p99", What: "p99, MQTT", On: "examples/mochi", Most: 1.05},

	{Name: "after/live", What: "throughput, new release updated live against started cold", On: "examples/kvd", Least: 0.98},
	{Name: "after/loop", What: "hot loop resumed in mid-flight against uninterrupted", On: updatePrograms + "loop", Least: 0.95},

	{Name: "gap/code", What: "gap of a client over its p99.9, code only, 1,000 busy connections and 100,000 idle ones", On: updatePrograms + "echo", Unit: "ms", Most: 2, Sized: true},
	{Name: "stop/busy", What: "request to commit without loading, 1,000 busy goroutines", On: updatePrograms + "busy", Unit: "ms", Most: 5},
	{Name: "stop/parked", What: "the same with 1,000,000 goroutines parked", On: updatePrograms + "parked", Unit: "ms", Most: 100, Sized: true},
	{Name: "stop/parked-memory", What: "memory that 1,000,000 parked goroutines need beyond the plain program's, update included", On: updatePrograms + "parked", Unit: "B/goroutine", Most: 200, Sized: true},

	{Name: "state/map", What: "1,000,000 changed map entries: gap", On: updatePrograms + "state", Unit: "ms", Most: 150, Sized: true},
	{Name: "state/map-copy", What: "the same against a parallel copy loop by hand", On: updatePrograms + "state", Most: 1.3, Sized: true},
	{Name: "state/map-linear", What: "1,000,000 against four times 250,000", On: updatePrograms + "state", Most: 1.2, Sized: true},
	{Name: "state/list", What: "1,000,000 changed list nodes: gap", On: updatePrograms + "state", Unit: "ms", Most: 150, Sized: true},
	{Name: "state/list-copy", What: "the same against a parallel copy loop by hand", On: updatePrograms + "state", Most: 1.3, Sized: true},
	{Name: "state/list-linear", What: "1,000,000 against four times 250,000", On: updatePrograms + "state", Most: 1.2, Sized: true},
	{Name: "state/tree", What: "1,000,000 changed tree nodes: gap", On: updatePrograms + "state", Unit: "ms", Most: 150, Sized: true},
	{Name: "state/tree-copy", What: "the same against a parallel copy loop by hand", On: updatePrograms + "state", Most: 1.3, Sized: true},
	{Name: "state/tree-linear", What: "1,000,000 against four times 250,000", On: updatePrograms + "state", Most: 1.2, Sized: true},
	{Name: "heap/bodies", What: "request to commit without loading, bodies only: heap of 4 GB against 10 MB", On: "testdata/live/heap", Most: 1.2, Sized: true},
	{Name: "rebuild/frame", What: "rebuild of 100,000 captured goroutines with 10 frames each", On: updatePrograms + "deep", Unit: "µs/frame", Most: 2, Sized: true},

	{Name: "build/first", What: "first release, cold, against go build", On: "examples/kvd", Most: 2.5},
	{Name: "build/from", What: "-from, all own packages changed, against host and plugin build", On: "examples/kvd", Most: 1.3},
	{Name: "build/edit", What: "-from after an edit of one line against host and plugin build", On: "examples/kvd", Most: 1.3},
	{Name: "build/analysis", What: "of -from: load and analysis", On: "examples/kvd", Unit: "s"},
	{Name: "build/rewriting", What: "of -from: rewriting", On: "examples/kvd", Unit: "s"},

	{Name: "memory/kvd", What: "resident memory that one update adds for good", On: "examples/kvd", Unit: "MB", Most: 4},
	{Name: "memory/chat", What: "the same, of the executable's size", On: "examples/chat", Unit: "of executable", Most: 0.2},
	{Name: "size/executable", What: "executable against plain one with plugin support", On: "examples/kvd", Most: 1.6},
	{Name: "size/update", What: "update file against executable", On: "examples/kvd", Unit: "of executable", Most: 1},
	{Name: "size/resident", What: "resident memory at rest", On: "examples/kvd", Most: 1.02},
}
