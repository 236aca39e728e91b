# Everything here needs Go and make alone; the rest is built once into a cache outside the tree (hack/stack).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
# Everything without cgo, as the shipped binary is: one build cache for binary and tests, and no C compiler needed.
export CGO_ENABLED := 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# The time of the commit: whoever builds it, and whenever, gets the same.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
# A program built by hack/stack, by its name: builds it at first use and prints its path.
tool = $$($(GO) run ./hack/stack/build $(1))

.PHONY: help
help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## Run the main job on the article's game, on a real control plane. KEEP=1 leaves it running.
	$(GO) run ./hack/demo

storms = /test/(agreement|model|race)$$
losses = /test/install$$

.PHONY: test
test: ## Run all tests, those on the real control plane and its neighbours included.
	$(GO) run ./hack/stack/build >/dev/null
	@# -count=1: go test's cache does not see what a test builds and runs as a process.
	@# The storms take all the processor there is, and others measure what gets lost in time: one after the other. What may
	@# lose nothing at all under load runs alone.
	$(GO) test -count=1 -timeout 40m $$($(GO) list ./... | grep -vE '$(storms)|$(losses)')
	$(GO) test -count=1 -timeout 40m $$($(GO) list ./... | grep -E '$(losses)')
	$(GO) test -count=1 -timeout 40m $$($(GO) list ./... | grep -E '$(storms)')
	cd test/alerts && $(GO) test -count=1 ./...

.PHONY: unit
unit: ## Run the tests that need no control plane.
	$(GO) test ./policy/... ./webhooks/admit/... ./webhooks/ingress/...

.PHONY: bench
bench: ## Print the figures: the engine, admission latency against a no-op webhook, resident memory.
	$(GO) test -run '^$$' -bench 'Decide|Admission|Review' -benchmem ./policy ./policy/review ./webhooks/ingress
	$(GO) run ./hack/bench

.PHONY: fuzz
FUZZ_TIME ?= 30s
fuzz: ## Run every fuzz target for FUZZ_TIME.
	for p in $$($(GO) list ./policy/... ./webhooks/...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ_TIME) $$p; done; done

.PHONY: testdata
testdata: ## Rewrite the golden files from what the code does now; read the difference before committing.
	$(GO) test ./policy ./policy/gameserver ./policy/manifest ./policy/preview ./policy/lint -update
	$(GO) test -short ./test/chart ./webhooks/serve -update

.PHONY: generate
generate: ## Regenerate deepcopy methods, CRDs, docs/findings.md and the README of the chart.
	hack/generate.sh .

.PHONY: verify
verify: ## Fail if regenerating changes anything.
	hack/verify.sh

.PHONY: lint
lint: ## Run golangci-lint.
	$(call tool,golangci-lint) run
	lint=$(call tool,golangci-lint); cd test/alerts && "$$lint" run

.PHONY: build
build: ## Build the binary into bin/, as the Dockerfile does.
	$(GO) build -trimpath -buildvcs=false -o bin/gatehouse -ldflags "-s -w \
	  -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$$(date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ)" .

IMAGE ?= gatehouse

.PHONY: image
image: ## Build the container image IMAGE:VERSION. Needs docker.
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
	  --label org.opencontainers.image.created=$$(date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ) -t $(IMAGE):$(VERSION) .
