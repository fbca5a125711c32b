GO ?= go

bin/upstarego: FORCE
	$(GO) build -o $@ ./cmd/upstarego

# Instrumented programs mean the same as plain ones: our own, one per construct, and the first hundred of the
# Go distribution's test directory.
.PHONY: corpus
corpus: bin/upstarego
	$(GO) test ./internal/corpus -run 'TestLang|TestCorpus' -v -timeout 60m \
		-corpus.full -corpus.tool=$(CURDIR)/bin/upstarego -corpus.json=$(CURDIR)/bin/corpus.json

# What instrumentation costs: instructions, allocations, code size. Needs valgrind.
.PHONY: bench-quick
bench-quick: bin/upstarego
	$(GO) run ./internal/bench/quick -tool bin/upstarego -json bin/bench.json

.PHONY: FORCE
FORCE:
