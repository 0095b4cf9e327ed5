# The few verbs of the project. `make up` and `make test` work on a bare machine with Python 3.11 or newer.
# PYTHON=python3.12 chooses the interpreter; PORT and DATA choose the address and the data folder of `make up`.

VENV := .venv
BIN := $(VENV)/bin
# Only what has the hash that stands beside its pin; the files of hashes name dependencies, too.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --only-binary :all: --no-deps --require-hashes
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
ARGS ?=
# Processes that share the suite; each has its own PostgreSQL, Valkey and running product. 0: one, in this process.
WORKERS ?= 3

export PYTHON

.DEFAULT_GOAL := up
.PHONY: up test lint bench bench-beside bench-scanner bench-knowledge bench-plugins chaos interop interop-mcp interop-rest lint-openapi css clean venv

up: $(STAMP)
	@exec $(BIN)/python manage.py up --parent $$PPID

test: $(DEV_STAMP)
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

chaos: $(DEV_STAMP)
	@LOAD=full exec $(BIN)/python -m pytest -m chaos $(ARGS)

# Clients of /mcp and MCP servers by others, from npm, in a folder of their own; needs Node 22 or newer (NODE chooses one).
interop-mcp: $(DEV_STAMP) interop/node_modules
	@exec $(BIN)/python -m pytest interop --ignore interop/rest --ignore interop/openai -s $(ARGS)

# Clients of OpenAI's API by others, with an agent as their model, in environments of their own; needs Node 20 or newer.
interop: $(DEV_STAMP) interop/openai/.venv interop/openai/.venv-llamaindex interop/openai/node_modules
	@exec $(BIN)/python -m pytest interop/openai -s $(ARGS)

interop/openai/.venv: interop/openai/requirements.txt
interop/openai/.venv-llamaindex: interop/openai/requirements-llamaindex.txt
interop/openai/.venv interop/openai/.venv-llamaindex:
	@sh automatos/local/make_venv.sh $@
	@$@/bin/python -m pip --disable-pip-version-check install --quiet --only-binary :all: -r $<
	@touch $@

interop/openai/node_modules: interop/openai/package-lock.json
	npm ci --prefix interop/openai --ignore-scripts --no-audit --no-fund
	@touch $@

# The OpenAPI document under Redocly's lint, and clients that generators by others make of it, in environments of their own.
lint-openapi: $(DEV_STAMP) interop/rest/node_modules
	@mkdir -p interop/rest/made
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file interop/rest/made/openapi.yaml
	@cd interop/rest && REDOCLY_TELEMETRY=off node_modules/.bin/redocly lint --config redocly.yaml made/openapi.yaml

interop-rest: lint-openapi interop/rest/.venv
	@exec $(BIN)/python -m pytest interop/rest -s $(ARGS)

interop/rest/.venv: interop/rest/requirements.txt
	@sh automatos/local/make_venv.sh $@
	@$@/bin/python -m pip --disable-pip-version-check install --quiet --only-binary :all: -r $<
	@touch $@

interop/rest/node_modules: interop/rest/package-lock.json
	npm ci --prefix interop/rest --ignore-scripts --no-audit --no-fund
	@touch $@

interop/node_modules: interop/package-lock.json
	npm ci --prefix interop --ignore-scripts --no-audit --no-fund
	@touch $@

# The engine, then recipes of all shapes and a backlog of one workspace. Beside LangGraph: `make bench-beside`.
bench: $(STAMP)
	@$(BIN)/python -m benchmarks.engine $(ARGS)
	@$(BIN)/python -m benchmarks.flows

bench-beside: $(STAMP)
	@exec $(BIN)/python -m benchmarks.beside $(ARGS)

bench-scanner: $(STAMP)
	@exec $(BIN)/python -m benchmarks.scanner $(ARGS)

bench-knowledge: $(STAMP)
	@exec $(BIN)/python -m benchmarks.retrieval $(ARGS)

bench-plugins: $(STAMP)
	@exec $(BIN)/python -m benchmarks.plugin_choice $(ARGS)

lint: $(DEV_STAMP)
	$(BIN)/python automatos/local/pins.py check
	# What a registry has is news for people; a machine that checks changes does not wait for it.
	@[ -n "$$CI" ] || $(BIN)/python automatos/local/pins.py newer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --target-version 5.2 --check $$(find templates -name '*.html')
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	@# Where docker compose is there, it reads the file as it does for an operator, with a password of odd characters.
	@if docker compose version >/dev/null 2>&1; then SECRET_KEY=x CREDENTIALS_KEYS=x POSTGRES_PASSWORD='a$$b@c/d#e:f%' \
		docker compose --file docker-compose.yml config --quiet; else echo "docker compose is not there: docker-compose.yml is not read by it"; fi
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
		PUBLIC_URL=https://automatos.example ALLOWED_HOSTS=automatos.example DEBUG=false \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

# static/app.min.css and static/admin.min.css from static/css; commit both.
css: $(DEV_STAMP)
	$(BIN)/tailwindcss -i static/css/app.css -o static/app.min.css --minify
	$(BIN)/tailwindcss -i static/css/admin.css -o static/admin.min.css --minify

# Stop the product first: this takes the embedded database with it.
clean:
	rm -rf $(VENV) .data .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(DEV_STAMP)

$(STAMP): requirements.txt automatos/local/hashes.txt automatos/local/requirements.txt
	@sh automatos/local/make_venv.sh $(VENV)
	@echo "Installing the packages of requirements.txt, once ..."
	@($(PIP) -r automatos/local/hashes.txt && $(PIP) -r automatos/local/requirements.txt) || { \
		echo "A package named above could not be installed. Without network, connect once; where a package has no wheel for" \
			"this machine (wheels exist for Linux with glibc and macOS, on x86-64 and ARM64), use docker compose instead." >&2; \
		exit 1; }
	@touch $@

$(DEV_STAMP): $(STAMP) .ci/requirements-dev.txt .ci/hashes-dev.txt
	@echo "Installing the packages of .ci/requirements-dev.txt, once ..."
	@$(PIP) -r .ci/hashes-dev.txt || { echo "A tool named above could not be installed: connect once." >&2; exit 1; }
	@touch $@
