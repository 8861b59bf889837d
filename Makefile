# Plain `make` lists the targets; what they do is in bin/.

CONFIG ?= release
DATABASE ?=
ARGS ?=

.PHONY: help run build test seeded-bugs format lint clean audit bench

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 13

run: ## install what is missing, build, and start the demo (ARGS="…" goes to kontor demo)
	@bin/run $(ARGS)

build: ## build .build/release/kontor (CONFIG=debug for .build/debug/kontor)
	@bin/build $(CONFIG)

test: ## install what is missing, then every test: Swift and the whole server, on both engines
	@bin/test

seeded-bugs: ## put bugs into a copy of the tree and show that the tests find each (ARGS="NAME…")
	@bin/seeded-bugs $(ARGS)

format: ## format the Swift sources in place
	swift format -i -p -r Sources Tests Plugins Package.swift

lint: ## say what `make format` would change, and what it cannot mend
	swift format lint --strict -p -r Sources Tests Plugins Package.swift

audit: ## prove a ledger: make audit DATABASE=kontor.db
	@bin/audit "$(DATABASE)"

bench: ## measure the ledger on both engines (ARGS="--seconds 5 --rounds 3 --json FILE")
	@bin/bench $(ARGS)

clean: ## remove what was built; downloaded packages stay
	swift package clean
	rm -rf .build/venv
