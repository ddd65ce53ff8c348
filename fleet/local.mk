# SPDX-License-Identifier: LGPL-2.1-or-later
# Files for many machines: alerts and a dashboard for Prometheus, and other ways to bring mhpctl to a machine.
# They are installed as data, and nothing reads them by itself.

prometheusdir = $(pkgdatadir)/prometheus
dist_prometheus_DATA = \
	prometheus/mhpctl-dashboard.json \
	prometheus/mhpctl.rules.test.yml \
	prometheus/mhpctl.rules.yml

fleetdir = $(pkgdatadir)/fleet
dist_fleet_DATA = \
	fleet/butane.yaml \
	fleet/cloud-init.yaml \
	fleet/ignition.json \
	fleet/kubelet-memory.conf \
	fleet/mhpctl.pp
dist_fleet_SCRIPTS = fleet/nfd-features
