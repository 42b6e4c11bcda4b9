# Every command of the project. Those with `##` are for people, and `make help` lists them; the others
# are steps between. Nothing is built twice: cargo, Go and the scripts keep their own caches, and cargo
# is always asked for the whole workspace, because a part of it would be built with other features.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

HARNESS := test-harness/cluster
TOOLS := test-harness/tools
# ONLY=word runs the tests whose names contain that word.
ONLY ?=
export ONLY NODES

# A cluster of one's own is used where both are set.
OWN := $(and $(KUBECONFIG),$(REGISTRY))
# Namespaces, mounts and control groups are root's.
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo env PATH="$$PATH" HOME="$$HOME" NODES="$$NODES")

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## the main job on real input: three services through the factory, on a real cluster
	@$(TOOLS)/forecast
	@$(MAKE) install
	@$(MAKE) -j5 factory
	@"$${CARGO_TARGET_DIR:-target}/debug/demo"

.PHONY: test
test: ## tests, unit to journeys (ONLY=word: those whose names contain it, the long ones too)
	@$(TOOLS)/install tests
	@$(TOOLS)/run-tests

.PHONY: test-long
test-long: ## tests that take long: every kill and fault, many defects, a browser, clusters that come and go
	@$(TOOLS)/install tests
	@$(TOOLS)/run-tests long

.PHONY: check
check: ## format, lints, nothing built twice, generated files up to date, chart, licences and bans
	@$(TOOLS)/run-checks

.PHONY: bench
bench: ## the factory beside its peers, as a table and target/bench/*.json (ONLY=group: that one)
	@$(TOOLS)/install
	@$(TOOLS)/bench

.PHONY: cluster
cluster: ## the embedded cluster (NODES=1 to 5), kubeconfig at target/cluster/kubeconfig
	@$(MAKE) install
	@$(MAKE) -j2 cluster-up

.PHONY: cluster-down
cluster-down: ## end the embedded cluster: no process, mount, namespace, cgroup or rule is left
	@binary=$$($(HARNESS)/build) && $(AS_ROOT) "$$binary" down --state target/cluster

.PHONY: generate
generate: ## kinds, copies in the chart, manifests of variants: all that is made from something else
	@cargo build --quiet --locked --workspace --bin crdgen
	@"$${CARGO_TARGET_DIR:-target}/debug/crdgen" crds/generated
	@$(TOOLS)/chart-copies
	@examples/variants

.PHONY: install
install: ## the Debian packages that lack here; says what only a person can install
	@$(TOOLS)/install

# ---- steps between ----

.PHONY: cluster-binary helm cosign programs cluster-up base-images-made base-images images factory
cluster-binary:
	@$(if $(OWN),,$(HARNESS)/build >/dev/null)

helm:
	@$(TOOLS)/helm >/dev/null

cosign:
	@$(TOOLS)/cosign >/dev/null

programs:
	@[ -x "$${CARGO_TARGET_DIR:-target}/debug/factory-operator" ] || echo "building the factory's programs: about 10 minutes on 2 cores, once" >&2
	@cargo build --quiet --locked --workspace

cluster-up: cluster-binary
ifeq ($(OWN),)
	@binary=$$($(HARNESS)/build) && \
		{ missing=$$($(AS_ROOT) "$$binary" doctor --state target/cluster) || { echo "$$missing" >&2; exit 1; }; } && \
		$(AS_ROOT) "$$binary" up --state target/cluster
	$(if $(AS_ROOT),@sudo chown "$$(id -u)" target/cluster/kubeconfig target/cluster/env)
endif

base-images-made:
	@$(HARNESS)/base-images --make-only

base-images: cluster-up base-images-made
	@. $(TOOLS)/environment && $(HARNESS)/base-images

images: base-images programs ## the images of the factory and its base images, pushed to the registry
	@$(TOOLS)/images

factory: images helm
	@$(TOOLS)/install-factory
