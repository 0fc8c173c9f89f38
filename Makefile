# make demo     a simulated city in the browser          make test     everything CI checks
# make nightly  the long runs too                        make bench    the measured claims
# Putting it up: deploy/README.md                  scripts/sbom what it is made of (CycloneDX)
# Needs Python 3.11 or 3.12; the screens need Node 20.19 or newer. Nothing else.

SHELL := /bin/bash
PYTHON := .venv/bin/python
SCREEN_FILES := $(shell find web -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

.PHONY: demo test check nightly bench clean

demo: .venv/.synced web/dist/index.html
	@scripts/wardgrid demo $(ARGS)

test: .venv/.synced web/dist/index.html
	@scripts/check

check: test

nightly: .venv/.synced web/dist/index.html
	@scripts/check && $(PYTHON) -m pytest -q -m nightly

bench: .venv/.synced
	@$(PYTHON) -m bench $(ARGS)

.venv/.synced: requirements.lock scripts/environment scripts/uv.lock
	@scripts/environment

# Without Node the demo still serves GraphQL.
web/dist/index.html: $(SCREEN_FILES)
	@scripts/screens || [ $$? = 3 ]

clean:
	rm -rf .venv .tools .make web/dist web/node_modules dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
