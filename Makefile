.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
# The race detector needs a C compiler.
RACE := $(shell command -v cc >/dev/null 2>&1 && echo -race)
# The detector is useless for tests that compute whole years of days without goroutines.
PURE := ./internal/jump ./internal/calendar ./internal/calibrate ./transform
FUZZTIME ?= 30s
BENCH ?= .
KILLS ?= 200
SEED ?= 0
CLIENTS ?= /tmp/pushloss-clients

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-10s %s\n", $$1, $$2 }'

.PHONY: build
build: ## build bin/pushloss
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/pushloss ./cmd/pushloss

.PHONY: demo
demo: postgres build ## run pushloss demo: everything on this machine, without settings
	bin/pushloss demo

.PHONY: test
test: postgres build ## run all tests, against one Postgres that they start; make lint has vetted them
	GOGC=400 GORACE=atexit_sleep_ms=0 PUSHLOSS_TEST_BINARY=$(CURDIR)/bin/pushloss go run ./internal/lab/together \
		go test $(RACE) -vet=off -shuffle=on -parallel 4 -timeout 25m $$(go list ./... | grep -vxF "$$(go list $(PURE))")
	go test -vet=off -shuffle=on $(PURE)

.PHONY: test-short
test-short: postgres ## tests that take less than a minute in all, without the race detector
	GOGC=400 go run ./internal/lab/together \
		go test -short -parallel 8 ./load $$(go list ./... | grep -v '/lab/\|/access$$\|/page$$\|/localpg\|/grafana$$\|/cmd/\|/pipeline$$\|/migrations$$\|/postgres$$')

.PHONY: chaos
chaos: postgres ## kill the program KILLS times, and its database and network too, and check what is left
	go test $(RACE) ./internal/lab/chaos -run Chaos -v -count 1 -timeout 40m -args -kills '$(KILLS)' -seed '$(SEED)'

.PHONY: bench
bench: postgres ## run the benchmarks, with the program's GOGC: transform, load, and a whole backfill without pacing
	GOGC=300 go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./transform ./load ./internal/pipeline ./internal/lab/sandbox

.PHONY: questions
questions: ## measure the queries of docs/queries on a database that "pushloss sandbox fill" filled
	go test ./internal/lab/questions -run Filled -v -bench . -benchtime 21x -args -database "$${DATABASE_URL:?names the filled database}"

.PHONY: models
models: ## run dbt and Malloy on docs/models, over the database of DATABASE_URL; installs both
	DATABASE_URL="$${DATABASE_URL:?names a database with figures}" internal/lab/models/check.sh

.PHONY: clients
clients: postgres ## read the views with installed clients, and with those of npm and PyPI, which it installs below CLIENTS
	internal/lab/clients/install.sh '$(CLIENTS)' npm pypi
	PUSHLOSS_TEST_CLIENTS='$(CLIENTS)' go test ./internal/lab/clients -run Clients -v -count 1 -timeout 15m

.PHONY: superset
superset: postgres ## start Superset with a database, a dataset and a chart, and check the figures; installs it below CLIENTS
	internal/lab/clients/install.sh '$(CLIENTS)' superset
	PUSHLOSS_TEST_CLIENTS='$(CLIENTS)' go test ./internal/lab/clients -run Superset -v -count 1 -timeout 15m

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	@grep -roE '^func Fuzz[A-Za-z0-9_]+' --include '*_test.go' . | sort | while IFS=: read -r file target; do \
		echo "$${target#func } in $$(dirname "$$file")"; \
		go test -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime '$(FUZZTIME)' "$$(dirname "$$file")"; \
	done

.PHONY: lint
lint: ## run gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt'ed:" $$unformatted; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff

.PHONY: vuln
vuln: ## run govulncheck, which needs its database on the internet
	go tool govulncheck ./...

.PHONY: clean
clean: ## remove what was built
	rm -rf bin

# As root on Debian, installs the server's package if it is missing. Elsewhere, the program
# says what to install, or fetches it.
.PHONY: postgres
postgres:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ -z "$${PUSHLOSS_POSTGRES_BIN:-}" ] \
		&& ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then \
		echo 'installing PostgreSQL'; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
	fi
