# make demo and make test each do all their set-up; a second call is quick.
PY := .venv/bin/python
READY := .venv/ready

.PHONY: demo demo-break demo-heal demo-run demo-down test lint format lock bench clean grants index year rules dashboards reference new-check docs drill fuzz soak audit mutants

demo: $(READY)
	@$(PY) -m demo demo

demo-break: $(READY)
	@$(PY) -m demo break "$(FAULT)"

demo-heal: $(READY)
	@$(PY) -m demo heal $(FAULT)

demo-run: $(READY)
	@$(PY) -m demo run $(ARGS)

demo-down: $(READY)
	@$(PY) -m demo down

test: lint
	$(PY) -m pytest tests -q -rs -W error -n 3 --dist loadfile -m "not drill"

# What takes longer: each way in which the world outside, or the run itself, can break. Writes docs/drills.md.
drill: $(READY)
	# tests/drills by itself as well: so its conftest is there in the process that writes the page.
	DRILLS=all $(PY) -m pytest tests tests/drills -q -rs -W error -n 3 --dist load -m drill

# Every property of tests/properties with thousands of new inputs: some minutes. An input that failed is kept
# below .cache and tried first the next time. More: make fuzz INPUTS=20000
fuzz: $(READY)
	FUZZ=long INPUTS=$(or $(INPUTS),2000) $(PY) -m pytest tests/properties -q -W error -n 2 --dist load

lint: $(READY)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/typos README.md CHANGELOG.md docs runbook deploy pushgateway/README.md

# The documentation as a site with search: .cache/docs/site/index.html
docs: $(READY)
	@$(PY) docs/site.py

format: $(READY)
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# The statements that make the monitoring account: make grants DB=_1bd3e0294da19198
grants: $(READY)
	@$(PY) -m fixtures.grants $(DB)

index: $(READY)
	@$(PY) -m fixtures.index

# Prometheus' rules and what Alertmanager hides: make rules ARGS="--runbook https://..."
rules: $(READY)
	@$(PY) -m pushgateway.rules $(ARGS)

# Grafana's dashboards: make dashboards ARGS="--runbook https://..."
dashboards: $(READY)
	@$(PY) -m pushgateway.dashboards $(ARGS)

# The parts of a new check, to be filled in: make new-check NAME=name GROUP=group ARGS=--sql
new-check: $(READY)
	@$(PY) -m fixtures.new_check $(NAME) --group $(GROUP) $(ARGS)

# docs/reference/, from the code.
reference: $(READY)
	@$(PY) -m pushgateway.reference

# A healthy site over a year in steps of five hours: about half an hour.
year: $(READY)
	$(PY) -m tests.checks.year

# 10,000 scheduled runs in a row with faults, kills and outages, each message held against a model: SOAK_RUNS, SOAK_SEED.
soak: $(READY)
	$(PY) -m tests.soak

# Every part, about 25 minutes; make bench ARGS="startup peers" for some, which an unknown name lists.
bench: $(READY) .cache/bench/ready
	@sh demo/setup.sh bench || echo "bench: the others are not installed: what is measured beside them is left out"
	BENCH_PYTHON=$(CURDIR)/.cache/bench/bin/python $(PY) -m bench $(ARGS)

# An installation, to be measured: tools of development beside it would be imported where they are found.
.cache/bench/ready: requirements.txt $(READY)
	.venv/bin/python -m venv --clear .cache/bench
	.cache/bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	touch $@

# Exact versions with hashes, for every supported Python, newer ones by ARGS="-P NAME" or ARGS=-U; no address of a registry goes into the files.
lock: $(READY)
	.venv/bin/uv pip compile -q $(ARGS) --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o $(INTO)requirements.txt
	.venv/bin/uv pip compile -q $(ARGS) --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra dev -c requirements.txt pyproject.toml -o $(INTO)requirements-dev.txt

# What an installation brings along: versions, vulnerabilities, licences, a bill of materials in .cache/audit.
audit: $(READY)
	@$(PY) deploy/audit.py

# Whether the tests notice changes of the code that judges and tells: make mutants ARGS="reporters/alerts.py --fast"
mutants: $(READY)
	@nice $(PY) -m tests.mutation $(ARGS)

$(READY): requirements-dev.txt demo/setup.sh
	@sh demo/setup.sh

clean:
	rm -rf .venv .demo .cache
