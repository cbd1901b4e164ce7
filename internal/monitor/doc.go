// Package monitor reports the daemon's state: Prometheus metrics, and the probes
// /healthz and /readyz.
package monitor
