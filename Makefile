GO ?= go

# The runtime reaches into Go's own by linkname; user programs are linked with the same flag.
LDFLAGS = -checklinkname=0

.PHONY: build
build: bin/upstarego

# Two packages at a time is what small machines bear; the one that takes longest comes first.
.PHONY: test
test:
	$(GO) vet ./...
	$(GO) test -p 2 -timeout 60m -ldflags=$(LDFLAGS) ./internal/live ./...

# The examples are rehearsed with every fault that is planted in their frame maps.
.PHONY: examples
examples:
	$(GO) test ./internal/live -run 'TestSort|TestFib|TestPipeline|Auth$$' -v -timeout 60m -ldflags=$(LDFLAGS) -examples.planted

# kvd is updated from release 1 to 4 while clients check every answer.
.PHONY: demo
demo:
	$(GO) run ./examples/kvd/demo

# A chat server is updated from release 1 to 5 while clients talk, with a page open in Chromium.
.PHONY: chat
chat:
	$(GO) test ./internal/live -run 'TestChat$$' -v -ldflags=$(LDFLAGS) -chromium

bin/upstarego: FORCE
	$(GO) build -o $@ ./cmd/upstarego

# Instrumented programs mean the same as plain ones: our own, one per construct.
.PHONY: corpus
corpus: bin/upstarego
	$(GO) test ./internal/corpus -run TestLang -v -timeout 60m \
		-corpus.full -corpus.tool=$(CURDIR)/bin/upstarego -corpus.json=$(CURDIR)/bin/corpus.json

# The same over everything that the Go distribution's own tests run (docs/conformance.md). Takes hours, and goes on
# where it was cut short.
.PHONY: conformance
conformance:
	$(GO) build -buildvcs=false -o bin/conformance/upstarego ./cmd/upstarego
	$(GO) run ./internal/conformance/conform -tool bin/conformance/upstarego -dir bin/conformance

# Drafts of frame maps compile but for their decisions: pairs of releases, made by changing programs.
.PHONY: drafts
drafts:
	$(GO) test ./framemap/draft -run TestEvolvedPairs -timeout 60m -pairs.count 1000

# Real servers are carried through the releases of the libraries they are built on, each in one process and under
# load (docs/real-releases.md). Takes an hour; TARGETS='-target redcon' chooses. targets-doc puts the table of the
# last run into the document.
.PHONY: targets
targets:
	$(GO) run -ldflags=$(LDFLAGS) ./internal/targets/carry $(TARGETS)

# Each of these steps rehearsed by itself, with the same clients and trials as the driver. Takes hours.
.PHONY: targets-rehearse
targets-rehearse:
	$(GO) run -ldflags=$(LDFLAGS) ./internal/targets/carry -rehearse $(TARGETS)

.PHONY: targets-doc
targets-doc:
	$(GO) run -ldflags=$(LDFLAGS) ./internal/targets/carry -into docs/real-releases.md

# How much of these steps is inferred, and what is left to decide. Nothing is built.
.PHONY: decisions
decisions:
	$(GO) run ./internal/targets/measure -list

# Thousands of random graphs of state, carried into a release with other types and back by real processes.
.PHONY: graphs
graphs:
	$(GO) test ./internal/live -run 'TestGraphs|TestLargeGraph' -ldflags=$(LDFLAGS) -v -timeout 60m -graphs 4000 -graphs.large 110000

# What a hundred updates that move or patch every object leave in the heap, and how long an update
# of bodies takes with a gigabyte in it.
.PHONY: heap
heap:
	$(GO) test ./internal/live -run 'TestHeapStays|TestBodiesAlone' -ldflags=$(LDFLAGS) -v -timeout 60m -heap.updates 100 -heap.full 30 -heap.large 1024 -heap.ratio 1.2

# Rules that guard against hazards, switched off one at a time: a test of each has to fail.
# docs/hazards.md lists them. Takes half a minute for each; MUTANTS=regexp chooses.
.PHONY: mutants
mutants:
	$(GO) run ./internal/mutants/run -run '$(MUTANTS)'

# Every fault that an update can have, 50 times: the program goes on as if nobody had asked. Takes half an hour.
.PHONY: faults
faults:
	$(GO) test ./internal/live -run 'Fault|Killed|Limit|Besides|AskedB|TwoAtOnce|NoPlace' -ldflags=$(LDFLAGS) -v -timeout 120m -faults.times 50

# 100,000 malformed requests and 1,000 damaged update files at the endpoints of two processes, and Go's own fuzzing
# of the reader of update files and of the request handler. FUZZTIME is how long each of these two takes.
FUZZTIME ?= 60s
.PHONY: fuzz
fuzz:
	$(GO) test ./internal/live -run TestEndpointUnderFire -v -timeout 60m -ldflags=$(LDFLAGS) -fire.requests 100000 -fire.files 1000
	$(GO) test ./runtime/update -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZTIME) -ldflags=$(LDFLAGS)
	$(GO) test ./runtime/admin -run '^$$' -fuzz FuzzRequest -fuzztime $(FUZZTIME) -ldflags=$(LDFLAGS)

# Updates under load, again and again, with faults; what stays the same, and what each update costs for good
# (docs/soak.md). Minutes as it is; SOAK='-updates 1000' takes hours.
.PHONY: soak
soak:
	$(GO) run -ldflags=$(LDFLAGS) ./internal/soak $(SOAK)

# What updates cost: speed, pauses, builds, sizes, against the plain program in the same run (docs/performance.md). One
# table, also as JSON and Markdown. Wants a machine that nobody else uses, and takes an hour; bench-quick takes minutes.
# BENCH='-only state' measures a part. Uses valgrind, redis-benchmark and wrk if they are there.
.PHONY: bench
bench: bin/upstarego
	$(GO) run -ldflags=$(LDFLAGS) ./internal/bench/measure -json bin/bench.json -markdown bin/bench.md $(BENCH)

.PHONY: bench-quick
bench-quick: bin/upstarego
	$(GO) run -ldflags=$(LDFLAGS) ./internal/bench/measure -quick -json bin/bench-quick.json -markdown bin/bench-quick.md $(BENCH)

# The table of the last make bench is put into the document.
.PHONY: bench-doc
bench-doc:
	$(GO) run -ldflags=$(LDFLAGS) ./internal/bench/measure -into docs/performance.md -from bin/bench.md

# The protocol's model, and the wrong variants that it must find. Needs spin and gcc.
.PHONY: model
model:
	$(MAKE) -C runtime/model model

.PHONY: FORCE
FORCE:
