package admin

import (
	"fmt"
	"math"
	"net/http"
	goruntime "runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/updater"
)

// A metric is one number or several of a kind; docs/operations.md lists them.
type metric struct {
	name, help string
	kind       string // "counter", "gauge" or "histogram"
	samples    []sample
}

type sample struct {
	suffix string // "_bucket", "_sum" or "_count" of a histogram
	labels string // `state="parked"`
	value  float64
}

// numbers are the process's metrics.
func numbers(u *updater.Updater) []metric {
	var l []metric
	add := func(kind, name, help string, samples ...sample) {
		l = append(l, metric{"upstarego_" + name, help, kind, samples})
	}
	of := func(label, value string, n float64) sample {
		return sample{labels: label + "=" + strconv.Quote(value), value: n}
	}
	one := func(n float64) sample { return sample{value: n} }

	if r := runtime.Current(); r != nil {
		add("gauge", "release_info", "The release that the process runs; the value is 1.", sample{labels: "number=" + strconv.Quote(strconv.Itoa(r.Number)) + ",id=" + strconv.Quote(r.ID), value: 1})
		add("gauge", "release_number", "How many releases there have been in the process.", one(float64(r.Number)))
		add("gauge", "release_since_seconds", "When the release became current, in Unix time.", one(float64(r.Since.UnixMilli())/1e3))
	}

	t := u.Totals()
	add("counter", "updates_total", "Updates by outcome; busy are those that were not begun because of another one.",
		of("outcome", "committed", float64(t.Committed)), of("outcome", "undone", float64(t.Undone)),
		of("outcome", "fits", float64(t.Fits)), of("outcome", "busy", float64(t.Busy)))
	add("counter", "late_failures_total", "Goroutines that panicked because they could not be carried over when they were to go on.", one(float64(t.LateFailures)))
	running := 0.0
	var last *updater.Result
	for _, r := range u.List() {
		if !r.Done() {
			running = 1
		} else {
			last = &r
		}
	}
	add("gauge", "update_running", "Whether an update is under way: 1 or 0.", one(running))
	if last != nil {
		var phases []sample
		for _, p := range last.Phases {
			phases = append(phases, of("phase", p.Name, seconds(p.DurationNS)))
		}
		add("gauge", "update_last_phase_seconds", "How long each phase of the last update took that is decided.", phases...)
		add("gauge", "update_last_attempts", "How often the last update that is decided asked the program to stop.", one(float64(last.Attempts)))
		add("gauge", "update_last_seconds", "From request to commit of the last update that is decided; 0 if it was not committed.", one(seconds(last.RequestToCommitNS)))
	}

	s := runtime.ReadStops()
	var buckets []sample
	for i, n := range s.Within {
		buckets = append(buckets, sample{suffix: "_bucket", labels: "le=" + strconv.Quote(number(runtime.StopBounds[i].Seconds())), value: float64(n)})
	}
	buckets = append(buckets, sample{suffix: "_bucket", labels: `le="+Inf"`, value: float64(s.Count)},
		sample{suffix: "_sum", value: s.Total.Seconds()}, sample{suffix: "_count", value: float64(s.Count)})
	add("histogram", "stop_seconds", "How long the program was asked to stop, of all attempts of all updates.", buckets...)
	add("gauge", "stop_last_seconds", "The last of these.", one(s.Last.Seconds()))
	add("gauge", "stop_max_seconds", "The longest of these.", one(s.Max.Seconds()))

	add("gauge", "goroutines", "Goroutines there are.", one(float64(goruntime.NumGoroutine())))
	c := runtime.Scan()
	add("gauge", "records", "Records of goroutines that have run own code, by state; outside are those that run no own code now, or have ended.",
		of("state", "outside", float64(c.Out)), of("state", "running", float64(c.Running)),
		of("state", "parked", float64(c.Parked)), of("state", "captured", float64(c.Captured)))
	st := runtime.ReadStats()
	add("counter", "captures_total", "Stacks captured.", one(float64(st.Captures)))
	add("counter", "frames_total", "Frames rebuilt.", one(float64(st.Frames)))
	add("counter", "late_conversions_total", "Stacks converted when their goroutines came back.", one(float64(st.Late)))
	add("gauge", "deepest_frames", "Frames in the deepest stack captured.", one(float64(st.Deepest)))

	m := u.Mapped()
	add("gauge", "modules", "Modules of updates in the process; none is ever unmapped.",
		of("state", "committed", float64(m.Committed)), of("state", "abandoned", float64(m.Abandoned)))
	add("gauge", "modules_text_bytes", "Code of these modules.", one(float64(m.Text)))
	add("gauge", "modules_bytes", "Address space of these modules.", one(float64(m.Memory)))

	for _, r := range []struct{ kind, name, help, from string }{
		{"gauge", "heap_live_bytes", "Heap that the last garbage collection found in use.", "/gc/heap/live:bytes"},
		{"gauge", "heap_goal_bytes", "Size of the heap at which the next garbage collection begins.", "/gc/heap/goal:bytes"},
		{"counter", "gc_cycles_total", "Garbage collections.", "/gc/cycles/total:gc-cycles"},
		{"gauge", "threads", "Threads that the Go runtime has.", "/sched/threads/total:threads"},
	} {
		v := []metrics.Sample{{Name: r.from}}
		if metrics.Read(v); v[0].Value.Kind() == metrics.KindUint64 {
			add(r.kind, r.name, r.help, one(float64(v[0].Value.Uint64())))
		}
	}
	return l
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// metrics answers in Prometheus's text format, version 0.0.4.
func (h handler) metrics(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	for _, m := range numbers(h.u) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", m.name, m.help, m.name, m.kind)
		for _, s := range m.samples {
			b.WriteString(m.name + s.suffix)
			if s.labels != "" {
				b.WriteString("{" + s.labels + "}")
			}
			b.WriteString(" " + number(s.value) + "\n")
		}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	w.Write([]byte(b.String()))
}

// served is the updater that the process's metrics are of.
var served atomic.Pointer[updater.Updater]

// Vars are the metrics by name, as expvar shows them: a number, or an object of numbers
// by label. It is nil in a process that takes no updates.
func Vars() map[string]any {
	u := served.Load()
	if u == nil {
		return nil
	}
	vars := map[string]any{}
	for _, m := range numbers(u) {
		name := strings.TrimPrefix(m.name, "upstarego_")
		if len(m.samples) == 1 && m.samples[0].labels == "" {
			vars[name] = m.samples[0].value
			continue
		}
		of := map[string]float64{}
		for _, s := range m.samples {
			label := strings.TrimPrefix(s.suffix, "_")
			if s.labels != "" {
				label = s.labels
				if k, v, ok := strings.Cut(label, "="); ok && !strings.Contains(v, ",") {
					label = v
					if k == "le" {
						label = "<=" + v
					}
					label = strings.ReplaceAll(label, `"`, "")
				}
			}
			of[label] = s.value
		}
		vars[name] = of
	}
	return vars
}
