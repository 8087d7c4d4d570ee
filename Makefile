# `make demo` and `make test` do all their own set-up on a fresh Debian or Ubuntu machine.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PREFIX ?= /usr/local
DESTDIR ?=
CYCLES ?= 50

# What the demo shows, and what the rings of tests run; the library libusb is loaded by pyusb.
DEMO_PACKAGES := dbus:dbus-daemon systemd:busctl
TEST_PACKAGES := $(DEMO_PACKAGES) modemmanager:mmcli modemmanager-dev: network-manager:nmcli \
	usb-modeswitch:usb_modeswitch usb-modeswitch-data: ppp:pppd iproute2:ip iputils-ping:ping \
	dnsmasq-base:dnsmasq libglib2.0-bin:gdbus polkitd: libusb-1.0-0: libqmi-utils:qmicli \
	libqmi-proxy: \
	qemu-system-x86:qemu-system-x86_64 busybox-static:busybox cpio:cpio kmod:modprobe udev:udevadm

.PHONY: demo test lint bench soak install uninstall clean unit bus system

demo: $(VENV)/ready packages-demo
	@$(BIN)/python docs/demo.py

test: unit bus system

unit: $(VENV)/ready packages-test
	$(BIN)/pytest tests/unit

bus: $(VENV)/ready packages-test # waits for programs half of its time
	$(BIN)/pytest tests/bus -n 3

system: $(VENV)/ready packages-test
	tests/system/run

lint: $(VENV)/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/ready packages-test
	$(BIN)/python -m bench

soak: $(VENV)/ready packages-test
	$(BIN)/python -m tests.soak --cycles $(CYCLES)

packages-demo: FORCE
	@packaging/need $(DEMO_PACKAGES)

packages-test: FORCE
	@packaging/need $(TEST_PACKAGES)

FORCE:

$(VENV)/ready: pyproject.toml packaging/need
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || packaging/need python3-venv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install:
	packaging/install "$(DESTDIR)" "$(PREFIX)"

uninstall:
	packaging/uninstall "$(DESTDIR)" "$(PREFIX)"

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
