// Package monitor tells how the daemon fares: Prometheus metrics, and the probes
// /healthz and /readyz.
package monitor
