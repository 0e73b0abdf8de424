# Everything a person does with the project, by one word. Needs make (GNU 3.81, as macOS has it, or any later one, or
# BSD) and Python 3.11.

VENV = .venv
PYTHON =
ARGS =
# `make run PYTHON=/path/to/python3.12` names a Python; ARGS is passed on: make test ARGS="-k ports",
# make demo ARGS="--url https://example.com/a.mp4"

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --no-deps
UV = uv

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-8s %s\n", $$1, $$2 }'

# exec: the command takes the shell's place, so that a SIGTERM sent to make alone, which make passes on, reaches it.
run: $(VENV)/installed ## Start the whole stack; Ctrl-C ends it
	@exec $(BIN)/precompute up $(ARGS)

demo: $(VENV)/installed ## Precompute the shipped clip before your eyes; starts the stack where it is not up
	@exec $(BIN)/precompute demo $(ARGS)

# Two processes: tests wait on each other's servers and clocks more than they compute. A file's tests share their stack.
test: $(VENV)/installed-dev ## Run all tests
	@exec $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: lint ## What CI holds: lint and unit tests
	$(BIN)/python -m pytest tests/unit $(ARGS)

lint: $(VENV)/installed-dev ## Style, format, types, import layers, dangerous calls, file lengths
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml precompute models workers api celeryconfig.py
	@git ls-files -z -- '*.py' '*.lua' '*.ts' '*.js' '*.css' '*.html' '*.yml' '*.cfg' ':!:clients/typescript/src/generated.ts' | xargs -0 wc -l | \
	awk '$$1 > 300 && $$2 != "total" { print $$2 " has " $$1 " lines; 300 is the most"; bad = 1 } END { exit bad }'

audit: $(VENV)/installed-dev ## Ask PyPI for known holes in the locked dependencies
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock

fuzz: $(VENV)/installed-dev ## Attack the API with 10,000 requests made from its own document
	@exec $(BIN)/python benchmarks/fuzz.py $(ARGS)

bench: $(VENV)/installed-dev ## Measure everything that has a target; writes benchmarks/RESULTS.md (twenty minutes, on a machine at rest)
	@exec $(BIN)/python benchmarks/measure_all.py $(ARGS)

docs: $(VENV)/installed ## Write docs/api.md, docs/configuration.md and the client's openapi.json from the code
	$(BIN)/python -m api.reference > docs/api.md
	$(BIN)/python -m precompute.configuration > docs/configuration.md
	$(BIN)/python -m api.document > clients/typescript/openapi.json

lock: ## Resolve the dependencies of setup.cfg into the lock files (needs uv)
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove what was made here: the environment, caches, and the data of the embedded Valkey
	rm -rf $(VENV) .data build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

.PHONY: help run demo test check lint audit fuzz bench docs lock clean

COMPILE = $(UV) pip compile setup.cfg --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --override requirements.overrides --custom-compile-command "make lock"

# The project itself is built by the setuptools of the lock (no isolation), so that nothing is fetched that the lock
# does not name. An install that was broken off is taken up again, for its stamp is missing.
$(VENV)/installed: requirements.lock
	@bin/environment $(VENV) $(PYTHON)
	@echo "Installing the locked dependencies into $(VENV), once"
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --quiet --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what the tests need into $(VENV), once"
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
