# make demo and make test each do all their set-up; a second call is quick. `make help` lists the targets: the text
# behind each `##`.
PY := .venv/bin/python
READY := .venv/ready-test
DEMO := .venv/ready-$(if $(BROWSER),browser,demo)
.DEFAULT_GOAL := help

.PHONY: help demo demo-break demo-heal demo-run demo-down test test-root lint format lock lock-versions bench clean grants generate year new-check docs drill servers versions fuzz soak audit mutants

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(DEMO) ## run the checks on a demo site (BROWSER=1: in a browser too)
	@BROWSER=$(BROWSER) $(PY) -m demo demo

demo-break: $(DEMO) ## inject the fault FAULT=name; without it, list all
	@$(PY) -m demo break "$(FAULT)"

demo-heal: $(DEMO) ## undo the fault FAULT=name, or all
	@$(PY) -m demo heal $(FAULT)

demo-run: $(DEMO) ## run the checks on the demo site again, with ARGS for pytest
	@$(PY) -m demo run $(ARGS)

demo-down: ## stop the demo site and remove it
	@if [ -x $(PY) ]; then $(PY) -m demo down; else echo "no demo is up"; fi

test: lint ## lint, types and all tests but the long ones
	@$(PY) -m tests -n 3 --dist loadfile -m "not drill"

# CI runs `make test` as an ordinary account, and this as root: tests of other accounts and mounts, and those of what
# does otherwise as root.
test-root: $(READY) ## the tests that see more as root, or something else
	@$(PY) -m tests -n 2 -m root
	@$(PY) -m tests -n 2 --dist loadfile -m "not drill" tests/demo tests/fixtures/test_journey.py tests/privacy/test_modes.py tests/reporters/test_selfcheck.py

# What takes longer: each way in which the world outside, or the run itself, can break.
drill: $(READY) ## the drills, about 15 minutes; writes docs/drills.md
	# tests/drills by itself as well: so its conftest is there in the process that writes the page.
	@DRILLS=all $(PY) -m tests tests tests/drills -n 3 --dist load -m drill

# Environments of their own below .cache, made once by hashes.
versions: $(READY) ## the checks on real workers of RQ 1.15 to 2.6
	@$(PY) -m tests tests/rq -n 2 --dist load

# What is said of MariaDB and Redis, on this machine's servers or on others: a tarball's bin/mariadbd, a valkey-server.
SERVERS := database sql redis redis_rights rows grants
servers: $(READY) ## tests of MariaDB and Redis (MARIADBD=path REDIS=path)
	@DEMO_MARIADBD=$(MARIADBD) DEMO_REDIS=$(REDIS) $(PY) -m tests $(SERVERS:%=tests/fixtures/test_%.py) tests/checks/test_indexes.py

# An input that failed is kept below .cache and tried first the next time.
fuzz: $(READY) ## the property tests with INPUTS=2000 new inputs each
	@FUZZ=long INPUTS=$(or $(INPUTS),2000) $(PY) -m tests tests/properties -n 2 --dist load

lint: $(READY) ## formatting, rules, types, imports, spelling
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/typos README.md CHANGELOG.md docs runbook deploy pushgateway/README.md

docs: $(READY) ## the documentation as a site: .cache/docs/site/index.html
	@$(PY) docs/site.py

format: $(READY) ## format the code and fix what ruff can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

grants: ## the SQL of the monitoring account: DB=_1bd3e0294da19198
	@case "$$DB" in \
	*[!A-Za-z0-9_]*) echo "DB = '$$DB': allowed: letters, digits and _" >&2; exit 2 ;; \
	esac; sed "s/DBNAME/$${DB:-DBNAME}/g" deploy/grants.sql

generate: $(READY) ## rewrite grants, runbook index, rules, dashboards, reference
	$(PY) -m fixtures.grants
	$(PY) -m fixtures.index
	$(PY) -m pushgateway.rules $(ARGS)
	$(PY) -m pushgateway.dashboards $(ARGS)
	$(PY) -m pushgateway.reference

new-check: $(READY) ## the parts of a new check: NAME=name GROUP=group ARGS=--sql
	@$(PY) -m fixtures.new_check $(NAME) --group $(GROUP) $(ARGS)

year: $(READY) ## a healthy site over a year: no alert (half an hour)
	$(PY) -m tests.checks.year

soak: $(READY) ## SOAK_RUNS=10000 scheduled runs with faults and outages
	$(PY) -m tests.soak

bench: $(READY) .cache/bench/ready ## the benchmarks, 25 minutes (ARGS="startup peers": some)
	@sh demo/setup.sh packages bench || echo "bench: the others are not installed: what is measured beside them is left out"
	BENCH_PYTHON=$(CURDIR)/.cache/bench/bin/python $(PY) -m bench $(ARGS)

# An installation, to be measured: tools of development beside it would be imported where they are found.
.cache/bench/ready: requirements.txt $(READY)
	.venv/bin/python -m venv --clear .cache/bench
	.cache/bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	touch $@

# Exact versions with hashes, for every supported Python, newer ones by ARGS="-P NAME"; no address of a registry goes
# into the files.
COMPILE = .venv/bin/uv pip compile -q $(ARGS) --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml
lock: $(READY) ## resolve the lock files again (ARGS=-U: newer versions)
	$(COMPILE) -o $(INTO)requirements.txt
	$(COMPILE) --extra dev -c $(INTO)requirements.txt -o $(INTO)requirements-dev.txt
	$(COMPILE) --extra demo -c $(INTO)requirements-dev.txt -o $(INTO)requirements-demo.txt
	$(COMPILE) --extra demo --extra browser -c $(INTO)requirements-dev.txt -o $(INTO)requirements-browser.txt

# What `make versions` installs; Frappe 15 and 16 have redis-py 4 to 7 beside it.
lock-versions: $(READY) ## resolve what `make versions` installs again
	@for version in 1.15.1 1.16.2 2.0.0 2.6.1; do \
	printf 'rq==%s\nredis<8\n' $$version | $(COMPILE:pyproject.toml=-) --no-annotate -o tests/rq/requirements-$$version.txt; done

audit: $(READY) ## vulnerabilities and licences of what is installed
	@$(PY) deploy/audit.py

mutants: $(READY) ## whether the tests notice changes of the code (ARGS=FILE)
	@nice $(PY) -m tests.mutation $(ARGS)

.venv/ready-demo: requirements-demo.txt demo/setup.py
	@sh demo/setup.sh demo

.venv/ready-browser: requirements-browser.txt demo/setup.py
	@sh demo/setup.sh browser

$(READY): requirements-dev.txt demo/setup.py
	@sh demo/setup.sh test

clean: demo-down ## remove the environments, the demo and the caches
	rm -rf .venv .demo .cache
