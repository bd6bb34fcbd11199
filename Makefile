# What one does with this checkout. `make` alone explains itself.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
COMPILE := $(BIN)/uv pip compile -q --generate-hashes --universal --no-emit-index-url --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help install check vendors pages fhir engines alerts fix test demo report bench torture nightly clocks sbom up down clean status lock python servers clients kit

comma := ,
refuse = { echo "$(1)" >&2; exit 1; }

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## make .venv from the locked requirements; again only when the lock has changed

$(INSTALLED): requirements/dev.txt
	@$(MAKE) --no-print-directory python
	@echo "Installing the locked requirements into $(VENV) (some minutes the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@printf '%s\n' "$(CURDIR)/kit" "$(CURDIR)/verify" > $$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/relais-kit.pth
	@touch $@

python:
	@command -v $(PYTHON) >/dev/null || \
	  $(call refuse,Relais needs Python 3.11 or newer. On Debian or Ubuntu: apt-get install python3 python3-venv)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  $(call refuse,Relais needs Python 3.11 or newer: name another than $(PYTHON) by make PYTHON=…)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  $(call refuse,Python lacks its venv. On Debian or Ubuntu: apt-get install python3-venv)

# Looked for before minutes are spent on the installation; deploy/local looks closer, and for what is really needed.
servers:
	@[ -n "$$RELAIS_KAFKA" ] || command -v java >/dev/null || \
	  $(call refuse,Kafka needs Java 17 or newer. On Debian or Ubuntu: apt-get install openjdk-17-jre-headless maven)
	@[ -n "$$RELAIS_KAFKA" ] || java -version 2>&1 | awk -F '["._]' '/version/ {exit !($$2 >= 17)}' || \
	  $(call refuse,Kafka needs Java 17 or newer$(comma) and this is an older one. On Debian or Ubuntu: apt-get install openjdk-17-jre-headless)
	@[ -n "$$RELAIS_KAFKA" ] || command -v mvn >/dev/null || \
	  $(call refuse,Kafka comes by Maven. On Debian or Ubuntu: apt-get install maven)

check: install ## lint, format, types, import rules, generated documents
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m shared.contracts.documents --check --schemas
	@$(BIN)/python -m shared.web.documents --check
	@$(BIN)/python -m services.intake.http.documents --check
	@$(BIN)/python -m services.referral.documents --check
	@$(BIN)/python -m services.notification.documents --check
	@$(BIN)/python -m deploy.observability.documents --check
	@$(BIN)/python -m deploy.documents --check

vendors: install tests/asyncapi/node_modules ## hold the topics' document for vendors against AsyncAPI's own parser (npm)
	@node tests/asyncapi/check.mjs docs/stations/asyncapi.json

tests/asyncapi/node_modules: tests/asyncapi/package-lock.json
	@command -v npm >/dev/null || $(call refuse,AsyncAPI's parser comes by npm. On Debian or Ubuntu: apt-get install nodejs npm)
	@npm --prefix tests/asyncapi ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

pages: servers install tests/pages/node_modules ## walk partners' pages in Chromium, and hold them against axe (npm)
	@command -v chromium >/dev/null || $(call refuse,Pages are walked in Chromium. On Debian or Ubuntu: apt-get install chromium)
	@$(BIN)/pytest tests/pages/browse.py tests/pages/device.py

tests/pages/node_modules: tests/pages/package-lock.json
	@command -v npm >/dev/null || $(call refuse,axe and the browser's driver come by npm. On Debian or Ubuntu: apt-get install nodejs npm)
	@npm --prefix tests/pages ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

fhir: install tests/fhir/fetched ## hold what partners' software reads against FHIR R4, with HAPI's validator (Maven)
	@$(BIN)/pytest tests/fhir/validate.py

tests/fhir/fetched: tests/fhir/pom.xml
	@command -v java >/dev/null && command -v mvn >/dev/null || \
	  $(call refuse,HAPI's validator needs Java 17 or newer and Maven. On Debian or Ubuntu: apt-get install openjdk-17-jdk-headless maven)
	@mvn -q -B -f tests/fhir/pom.xml dependency:copy-dependencies -DoutputDirectory=target/lib
	@touch $@

engines: servers install tests/engines/verifier ## hold the log against Tessera's fsck, sumdb/tlog and merkle/proof (Go)
	@$(BIN)/pytest tests/engines/verify.py

tests/engines/verifier: tests/engines/main.go tests/engines/go.mod tests/engines/go.sum
	@command -v go >/dev/null || $(call refuse,The engines that check the log need Go 1.25 or newer: see https://go.dev/doc/install)
	@cd tests/engines && go build -buildvcs=false -o verifier .

alerts: servers install tests/alerts/promtool ## kill each service and server, break each job, and ask promtool which alert fires (apt)
	@$(BIN)/pytest tests/alerts/rules.py tests/alerts/outages.py

# Only this one program of Debian's prometheus is wanted, and nothing is installed.
tests/alerts/promtool:
	@if command -v promtool >/dev/null; then ln -sf "$$(command -v promtool)" $@; else \
	  command -v apt-get >/dev/null && command -v dpkg >/dev/null || \
	    $(call refuse,promtool is part of Prometheus: put it on the PATH. On Debian or Ubuntu make fetches it by apt-get); \
	  mkdir -p tests/alerts/fetched && cd tests/alerts/fetched && apt-get download -qq prometheus && \
	    dpkg -x prometheus_*.deb . && mv usr/bin/promtool ../promtool && rm -rf ../fetched || \
	    $(call refuse,prometheus could not be fetched: apt-get update); \
	fi

fix: install ## repair what ruff can repair
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

test: servers install ## every test, on servers of their own (or on RELAIS_KAFKA and RELAIS_MONGO)
	@$(BIN)/pytest

demo: servers install ## send the sample reports through four services, and watch each one's journey
	@$(BIN)/python -m deploy.demo

clients: servers install kit/clients/fetched ## try the vendors' clients in Python, Java and JavaScript against the local stack (npm)
	@$(BIN)/pytest kit/clients

kit/clients/fetched: kit/clients/java/pom.xml kit/clients/javascript/package-lock.json
	@command -v npm >/dev/null || $(call refuse,The client in JavaScript needs Node 20 or newer. On Debian or Ubuntu: apt-get install nodejs npm)
	@npm --prefix kit/clients/javascript ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mvn -q -B -f kit/clients/java/pom.xml dependency:copy-dependencies -DoutputDirectory=target/lib
	@touch $@

kit: install ## build the vendors' kit and the auditors' verifier as packages: kit/dist, verify/dist
	@cd kit && ../$(BIN)/python -m hatchling build -t wheel
	@cd verify && ../$(BIN)/python -m hatchling build -t wheel

bench: servers install ## engine, intake, latency and idle services, each beside a bare floor, in one table
	@$(BIN)/python -m tests.bench

torture: servers install ## kill engine and services twenty times at each named point, and their servers under them
	@RELAIS_EXPOSURES=20 $(BIN)/pytest tests/flow/test_campaign.py tests/flow/test_storm.py tests/flow/test_cluster.py tests/deploy/cluster_again.py tests/delivery/test_crash_points.py tests/delivery/test_servers_go.py tests/notification/test_campaign.py tests/audit/test_campaign.py
	@$(MAKE) --no-print-directory clocks

nightly: ## torture and bench, also where the first one fails: whatever has slipped since yesterday is seen
	@$(MAKE) --no-print-directory --keep-going torture bench

clocks: servers install tests/clocks/shift.so ## try what depends on day and hour at other ones: AT=sunday, or all (C compiler)
	@$(BIN)/python -m tests.clocks $(AT)

tests/clocks/shift.so: tests/clocks/shift.c
	@[ "$$(uname)" = Linux ] || $(call refuse,The clocks of processes can be shifted on Linux only)
	@command -v cc >/dev/null || $(call refuse,Shifted clocks need a C compiler. On Debian or Ubuntu: apt-get install gcc libc6-dev)
	@cc -O2 -Wall -Wextra -shared -fPIC -o $@ $< -ldl -lpthread

report: servers install ## send one more report, and watch its journey
	@$(BIN)/python -m deploy.demo report

sbom: python ## write the bill of materials of what the services run on: relais.cdx.json (CycloneDX 1.6)
	@[ -e .local/sbom/bin/cyclonedx-py ] || { $(PYTHON) -m venv .local/sbom && \
	  .local/sbom/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/sbom.txt; }
	@PYTHONWARNINGS=ignore .local/sbom/bin/cyclonedx-py requirements --spec-version 1.6 --output-reproducible \
	  --pyproject pyproject.toml --mc-type application -o relais.cdx.json requirements/run.txt

up: servers install ## start Kafka, MongoDB and a mail server on loopback; CLUSTER=1: three brokers, three members
	@$(BIN)/python -m deploy.local up $(if $(CLUSTER),--cluster)

down: install ## stop them; what they keep stays
	@$(BIN)/python -m deploy.local down

clean: install ## stop them and forget all they kept
	@$(BIN)/python -m deploy.local clean

status: install ## what runs, and where
	@$(BIN)/python -m deploy.local status

lock: install ## lock requirements anew after a change of *.in
	@$(COMPILE) requirements/run.in -o requirements/run.txt
	@$(COMPILE) requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) requirements/sbom.in -o requirements/sbom.txt
	@$(COMPILE) deploy/local/recipes/mongod.in -o deploy/local/recipes/mongod.txt
