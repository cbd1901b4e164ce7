// Package extract pulls push statistics from Tencent Cloud Chat's API: it signs,
// paces, sends and retries requests, and sorts what comes back into answers and
// classed errors. It also cuts tasks into batches, a limit of that API.
//
// The package knows nothing of what the figures mean or where they go.
package extract
