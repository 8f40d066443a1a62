# `make help` lists the commands. On a fresh clone each of them first makes .venv; `make up` and `make test` also install
# the servers they need, and say so.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh

PYTHON := .venv/bin/python
READY := .venv/.pins
# A python3 on PATH may be a shim that doesn't run.
PYTHON3 := $(shell for p in python3 /usr/bin/python3; do "$$p" -c '' 2>/dev/null && echo "$$p" && break; done)
TEST_STACK := STACK_DIR=.stack-test STACK_PORT_OFFSET=auto

$(READY): pins/dev.txt
	@$(if $(PYTHON3),,echo "python3 is needed: apt-get install python3" >&2; exit 1;) $(PYTHON3) pins/bootstrap.py

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Run the platform
.PHONY: up status logs log-level mail redrive dead-letters backfill restart down reset doctor demo
up: $(READY) ## start everything, wait until it is healthy, print the URLs (ONLY=servers or names)
	@$(PYTHON) -m stack up $(if $(ONLY),--only "$(ONLY)")

demo: $(READY) ## up, then people sign up and send money, then the proof
	@$(PYTHON) -m stack up
	@$(PYTHON) -m stack.demo

status: $(READY) ## what runs, how well, and where
	@$(PYTHON) -m stack status

logs: $(READY) ## the newest lines of all processes, or of one (NAME=auth-web), or of one request (TRACE=trace or request id)
	@$(PYTHON) -m stack logs $(NAME) $(if $(TRACE),--trace "$(TRACE)")

log-level: $(READY) ## let our processes log at DEBUG for a quarter of an hour (NAME=auth-web; LEVEL=usual ends it)
	@$(PYTHON) -m stack log-level $(NAME) --level "$(or $(LEVEL),debug)"

mail: $(READY) ## the newest mail that the platform has sent (TO=address)
	@$(PYTHON) -m stack mail $(if $(TO),--to "$(TO)")

redrive: $(READY) ## the dead deliveries; try them again (ALL=1, CHANNEL=email, TARGET=webhook id, ID=delivery id)
	@$(PYTHON) -m stack redrive $(if $(ALL),--all) $(if $(CHANNEL),--channel "$(CHANNEL)") \
	  $(if $(TARGET),--target "$(TARGET)") $(if $(ID),--id "$(ID)")

dead-letters: $(READY) ## what consumers could not use; put it back on its topic (BACK=users; CAUSE=schema, SINCE=2026-11-02T08:00:00Z)
	@$(PYTHON) -m stack dead-letters $(if $(BACK),--back "$(BACK)") $(if $(CAUSE),--cause "$(CAUSE)") \
	  $(if $(SINCE),--since "$(SINCE)")

backfill: $(READY) ## what the lake lacks, from the ledger's journal; all of it anew, beside the old one (REBUILD=1)
	@$(PYTHON) -m stack backfill $(if $(REBUILD),--rebuild)

restart: $(READY) ## restart our own processes, or one (NAME=transaction-web)
	@$(PYTHON) -m stack restart $(NAME)

doctor: $(READY) ## what this machine lacks, and how to mend it
	@$(PYTHON) -m stack doctor

down: $(READY) ## stop every process
	@$(PYTHON) -m stack down

reset: $(READY) ## stop every process and remove data, logs and secrets
	@$(PYTHON) -m stack reset

##@ Run it in containers
.PHONY: secrets images
secrets: $(READY) ## make .env, which docker-compose.yml takes its secrets from; what it has stays
	@$(PYTHON) -m stack.compose secrets

images: $(READY) ## build our images; `make up STACK_SERVICES=containers` runs them (OPTIONS="--network host", of docker build)
	@$(PYTHON) -m stack.compose images $(OPTIONS)

##@ Check a change
.PHONY: test test-unit lint types monitoring compose-check format
test: $(READY) lint types ## everything that must pass, on a stack of its own beside a running one
	@$(PYTHON) -m stack fetch --browser --compose
	@$(PYTHON) -m stack monitoring
	@$(PYTHON) -m stack.compose check
	@$(PYTHON) -m pytest tests/unit
	@# These empty the services' databases, so no service may run.
	@$(TEST_STACK) $(PYTHON) -m stack run --only servers -- $(PYTHON) -m pytest tests/integration
	@$(TEST_STACK) $(PYTHON) -m stack run -- $(PYTHON) -m pytest tests/e2e

test-unit: $(READY) ## the tests that need no server
	@$(PYTHON) -m pytest tests/unit $(if $(NAME),-k "$(NAME)")

lint: $(READY) ## ruff, and the direction of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet . || { echo "make format mends these:"; .venv/bin/ruff format --check .; }
	@.venv/bin/lint-imports --no-logo

types: $(READY) ## mypy
	@.venv/bin/mypy

monitoring: $(READY) ## promtool and amtool: configuration, rules, rule tests
	@$(PYTHON) -m stack monitoring

compose-check: $(READY) ## docker-compose.yml: by docker-compose, by the specification's schema, by its servers' own tools
	@$(PYTHON) -m stack fetch --compose
	@$(PYTHON) -m stack.compose check
	@$(PYTHON) -m pytest tests/unit/compose

format: $(READY) ## let ruff format the code and sort the imports
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

##@ Measure
.PHONY: bench load drill planted soak sample
bench: $(READY) ## all benchmarks in turn, or some (NAME=ledger,auth; AGAIN=1; RECORD=1 and STATE="..." keep the results)
	@$(PYTHON) -m bench $(or $(NAME),every) $(if $(AGAIN),--again) $(if $(RECORD),--record) \
	  $(if $(STATE),--state "$(STATE)")

load: $(READY) ## people who come at a given rate, however slow the answers, to the running platform (RATE=50, MINUTES=1)
	@$(PYTHON) -m bench.load --rate $(or $(RATE),50) --minutes $(or $(MINUTES),1)

drill: $(READY) ## all faults under load in turn, or some (NAME=kill-writer,poison; ROUNDS=3; AGAIN=1; RECORD=1 keeps the rows)
	@$(PYTHON) -m tests.drills $(NAME) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(AGAIN),--again) \
	  $(if $(RECORD),--record) $(if $(STATE),--state "$(STATE)")

planted: $(READY) ## a known bug in the process under test, and the drill that has to find it (NAME=ack-before-write)
	@$(PYTHON) -m tests.planted $(or $(NAME),idempotency-off)

soak: $(READY) ## load without a fault (MINUTES=60): nothing may fire, be lost or grow
	@$(PYTHON) -m tests.soak --minutes $(or $(MINUTES),60)

sample: $(READY) ## a history by chance with planted patterns of risk, in a stack of its own (SIZE=100000, SEED=1)
	@STACK_DIR=$(or $(STACK_DIR),.stack-sample) STACK_PORT_OFFSET=auto $(PYTHON) -m stack sample \
	  --size $(or $(SIZE),100000) --seed $(or $(SEED),1)

##@ Keep house
.PHONY: documents pins clean
documents: $(READY) ## write anew what is made from code and contracts: error codes, events, SLO rules, dashboards, results
	@$(PYTHON) -m stack.error_codes
	@$(PYTHON) -m stack.event_document
	@$(PYTHON) -m monitoring.slo
	@$(PYTHON) -m stack.metric_document
	@$(PYTHON) -m monitoring.grafana
	@$(PYTHON) -m stack.compose write
	@$(PYTHON) -m tests.drills.document
	@$(PYTHON) -m bench.performance_document

pins: $(READY) ## write the pins anew (UPGRADE=1 takes the newest versions)
	@sh pins/compile.sh $(UPGRADE)

clean: ## stop every stack of this checkout; remove their data, the downloads and .venv
	@if [ -x $(PYTHON) ]; then for stack in .stack .stack-*; do \
	  [ ! -d "$$stack" ] || STACK_DIR="$$stack" $(PYTHON) -m stack reset; done; fi
	rm -rf .stack .stack-* .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
