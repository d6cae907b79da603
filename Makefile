# The front door. `make` alone prints what there is. Python 3.11+, git and make are all it takes for granted:
# setup/prepare.py brings the rest, and does again only what has changed.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup dev run test test-go test-page test-slow tools check check-python check-go check-page \
	format bench wheel release lock audit clean python
MAKEFLAGS += --no-print-directory

ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
endif

# The tools that setup/prepare.py has found or brought: the environment's, Go and Node.
WITH := . ./.build/environment &&

help:  ## what there is to make
	@echo "Reelroom: video rooms that record themselves. make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '%-14s %s\n' "$$name" "$$what"; done
	@echo 'ARGS goes to the program behind it: make run ARGS="--port 9000", make test ARGS="-k door"'

setup: python  ## all that running needs: environment, engine, tap, page
	@$(PYTHON) setup/prepare.py run

dev: python  ## the same, and what checks need
	@$(PYTHON) setup/prepare.py dev

tools: python  ## the same, and the programs that tests call (Chromium, FFmpeg ...)
	@$(PYTHON) setup/prepare.py test

run: setup  ## set up, then serve on http://127.0.0.1:8080
	@exec .venv/bin/reelroom serve $(ARGS)

# Those with a real server come one after the other, each with the machine to itself; the others two at a time.
# One core checks Python while the other checks and tests Go and the page.
test: tools  ## the checks, then every test but the slow ones
	@$(MAKE) check-go test-go check-page test-page >.build/beside.log 2>&1 & beside=$$!; failed=0; \
		$(MAKE) check-python || failed=1; wait $$beside || failed=1; cat .build/beside.log; exit $$failed
	@$(WITH) if [ -n "$(ARGS)" ]; then exec python -m pytest $(ARGS); fi; \
		rm -rf .build/coverage && mkdir -p .build/coverage && failed=0; \
		coverage run -m pytest -n 2 --dist loadfile --ignore tests/e2e --ignore tests/sdk --durations 10 || failed=1; \
		coverage run -m pytest tests/e2e tests/sdk --durations 30 || failed=1; \
		coverage combine -q && coverage report >.build/coverage/report || failed=1; \
		echo "Coverage, all processes (.build/coverage/report):"; grep TOTAL .build/coverage/report; exit $$failed

test-go: dev  ## the tests of the tap and the telephone themselves
	@$(WITH) for program in tap sip; do (cd $$program && go test ./...) || exit 1; done

test-page: dev  ## the page's own tests
	@$(WITH) if [ -f web/package.json ]; then cd web && npm test --silent; fi

test-slow: tools  ## the tests that take minutes
	@$(WITH) if [ -z "$(ARGS)" ]; then cd tap && for fuzz in FuzzPayloads FuzzNames; do \
		go test -run '^$$' -fuzz "^$$fuzz\$$" -fuzztime 20s . || exit 1; done; fi
	@$(WITH) exec python -m pytest -m slow $(ARGS)

check: check-python check-go check-page  ## formatting, lint and types of everything

check-python: dev
	@$(WITH) ruff format --check .
	@$(WITH) ruff check .
	@$(WITH) mypy
	@$(WITH) mypy setup
	@$(WITH) lint-imports --no-logo

check-go: dev
	@$(WITH) unformatted=$$(gofmt -l tap sip) && if [ -n "$$unformatted" ]; then \
		echo "gofmt would change (run 'make format'):"; echo "$$unformatted"; exit 1; fi
	@$(WITH) for program in tap sip; do (cd $$program && go vet ./...) || exit 1; done

check-page: dev
	@$(WITH) if [ -f web/package.json ]; then cd web && npm run --silent check; fi

format: dev  ## format Python and Go, mend what lint can mend
	@$(WITH) ruff check --fix-only --quiet . && ruff format .
	@$(WITH) gofmt -w tap sip

bench: python  ## measure what we claim about speed
	@$(PYTHON) setup/prepare.py bench
	@$(WITH) exec python -m bench $(ARGS)

wheel: dev  ## one file for pip, with the engine, the tap and the page in it: dist/*.whl
	@$(WITH) rm -rf dist && hatchling build -t wheel && ls -sh dist

release: dev  ## a version with all its files, in dist/VERSION: make release VERSION=1.2.3 (ARGS=--dry-run: only say)
	@if [ -z "$(ARGS)" ]; then $(WITH) python setup/release.py "$(VERSION)" --only-name; fi
	@if [ -z "$(ARGS)" ]; then $(PYTHON) setup/prepare.py dev; fi
	@$(WITH) exec python setup/release.py "$(VERSION)" $(ARGS)

lock: python  ## pin anew what pyproject.toml asks for (ARGS=--upgrade: the newest)
	@$(PYTHON) setup/prepare.py lock $(ARGS)

# It asks registries, so it is no part of make test.
audit: dev  ## known weaknesses of all that is pinned
	@$(WITH) PATH="$$PATH:.build/uv/bin" exec python setup/audit.py

clean:  ## remove what was built; recordings in data/ stay
	rm -rf .build .venv dist web/node_modules web/dist tests/sdk/node/node_modules .mypy_cache .ruff_cache .pytest_cache

python:
	@if ! $(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Reelroom needs Python 3.11 or newer, and $(or $(PYTHON),python3) is none: install it (Debian:" \
			"apt-get install python3 python3-venv) or name one, as in 'make run PYTHON=/path/to/python3.12'." >&2; \
		exit 1; fi
