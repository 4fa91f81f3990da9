# Front Row: `make run` shows a conference that is live now, `make test` tests it.
# Needs make and a Python of 3.12 or newer; the rest is installed into .venv.

export PORT ?= 8000
# Python keeps what it has compiled, tests included: that is half of what starting them costs.
unexport PYTHONDONTWRITEBYTECODE
PYTHON := .venv/bin/python
MANAGE := $(PYTHON) manage.py
# Settings as in production, for what `manage.py check --deploy` looks at.
LIKE_PRODUCTION := env ENV_FILE= SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	ALLOWED_HOSTS=live.example.org DEBUG=off HTTPS=on TRUSTED_PROXIES=1 \
	DATABASE_URL=postgres://front_row@127.0.0.1/front_row REDIS_URL=redis://127.0.0.1:6379/0 \
	EMAIL_URL=smtp+tls://mail.example.org HAS_WORKER=on DEFAULT_FROM_EMAIL=live@example.org
TEMPLATES = $(shell find templates -name '*.html' -o -name '*.txt')
DJADE := .venv/bin/djade --target-version 6.1
DJHTML := .venv/bin/djhtml --tabwidth 2

.PHONY: help run setup demo quick test walks sqlite check fix lock stack observatory bench faults try-pretix deploy-check clean
.NOTPARALLEL:

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: setup ## Serve a demo conference on http://localhost:8000/ (PORT=… for another port)
	@$(MANAGE) demo --if-empty
	@echo "Front Row is on http://localhost:$(PORT)/. Ctrl-C stops it."
	@exec $(PYTHON) -m gunicorn --config deploy/gunicorn.conf.py portal.wsgi:application

setup: requirements .env ## Make .venv, .env and an empty database, for a conference of your own
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --no-input --verbosity 0

demo: setup ## Make the demo conference again, live at this minute
	@$(MANAGE) demo

quick: ## Look for the commonest mistakes and test on SQLite without a browser, in a minute
	@tools/venv.sh requirements-dev.lock
	$(PYTHON) -m ruff format --check --quiet
	$(PYTHON) -m ruff check --quiet
	.venv/bin/lint-imports --no-logo
	TEST_SERVICES=none $(PYTHON) -m pytest -q -n auto --maxprocesses=4 -m "not services and not browser and not walk and not slow"

# PostgreSQL works beside the tests, and browser tests mostly wait: there are more processes than two
# cores. Browser tests of a file stay together.
test: ## Test on PostgreSQL and Redis, then in the browser
	@tools/venv.sh requirements-dev.lock
	@tools/js.sh test
	$(PYTHON) -m pytest -n 3 -m "not browser and not walk"
	$(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "browser and not walk"

walks: ## Ask for every page as everybody, spoil every parameter, and try switch, staging, alerts and faults
	@tools/venv.sh requirements-dev.lock
	$(PYTHON) -m pytest -n 3 -m "walk and services"
	TEST_SERVICES=none $(PYTHON) -m pytest -n auto --maxprocesses=4 -m "walk and not services"

sqlite: ## Test once more, on SQLite and the in-process cache, what `make test` tests on PostgreSQL
	@tools/venv.sh requirements-dev.lock
	TEST_SERVICES=none $(PYTHON) -m pytest -n auto --maxprocesses=4 -m "not services and not browser and not walk"

check: ## Look for mistakes without running the site; changes nothing
	@tools/venv.sh requirements-dev.lock
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	@$(DJADE) --check $(TEMPLATES)
	@$(DJHTML) --check templates
	@echo "mypy --strict"
	@$(LIKE_PRODUCTION) $(PYTHON) -m mypy .
	.venv/bin/lint-imports
	$(PYTHON) -m tools.check_files
	$(PYTHON) -m tools.check_layout
	@echo "tools.check_migrations"
	@$(LIKE_PRODUCTION) $(PYTHON) -m tools.check_migrations
	@tools/js.sh check
	$(PYTHON) -m tools.lock --check
	$(PYTHON) -m tools.security.audit
	@echo "manage.py check --deploy --fail-level WARNING"
	@$(LIKE_PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	@echo "manage.py makemigrations --check"
	@$(LIKE_PRODUCTION) DATABASE_URL=sqlite://:memory: $(MANAGE) makemigrations --check --dry-run

fix: ## Repair what `make check` can repair by itself
	@tools/venv.sh requirements-dev.lock
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format
	@$(DJADE) $(TEMPLATES) || true  # it fails where it has changed something
	@$(DJHTML) templates
	@tools/js.sh fix

lock: ## Write down, with hashes, the versions that requirements*.txt ask for; needs the network
	@tools/venv.sh requirements-dev.lock
	$(PYTHON) -m tools.lock

stack: ## Run the production shape here: nginx, gunicorn, PostgreSQL, Redis
	@tools/venv.sh requirements-dev.lock
	@exec $(PYTHON) -m tools.stack --port $(PORT)

observatory: ## Ask Mozilla's rules for headers about six pages of the production shape with TLS
	@tools/venv.sh requirements-dev.lock
	@$(PYTHON) -m tools.security.observatory

bench: ## Measure what a page costs on the production shape, and hold to what is promised in seconds
	@tools/venv.sh requirements-dev.lock
	@$(PYTHON) -m tools.bench
	@$(PYTHON) -m pytest -q -m timed --hold-promises

faults: ## Break one part after the other of the production shape under load, and say what people noticed
	@tools/venv.sh requirements-dev.lock
	@$(PYTHON) -m tools.faults

try-pretix: ## Sell in a real pretix from PyPI and compare our mirror with it, ticket by ticket
	@tools/venv.sh requirements-dev.lock
	@$(PYTHON) -m tools.try_pretix

deploy-check: ## Install the site on a bare Debian 13 that is made for it, twice, and reboot it; as root
	@tools/venv.sh requirements-dev.lock
	@$(PYTHON) -m tools.deploy_check

clean: ## Remove all that was made here: .venv, var (with the demo's database), caches
	rm -rf .venv tools/js/node_modules tools/security/node_modules var bench.json .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.env: | requirements
	@umask 077 && { \
		echo "# Settings of \`make run\`. deploy/env.example explains them and lists the others."; \
		echo "SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')"; \
		echo "HTTPS=off"; \
		echo "ALLOWED_HOSTS=localhost,127.0.0.1"; \
	} > .env.new && mv .env.new .env

.PHONY: requirements
requirements:
	@tools/venv.sh requirements.lock
