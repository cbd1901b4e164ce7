// Package extract pulls push statistics from Tencent Cloud Chat's API, a file for
// each endpoint (Stream): it signs, paces, sends and retries requests,
// and sorts what comes back into answers and classed errors. It also cuts time
// into day windows and tasks into batches, the two limits of that API.
//
// The package knows nothing of what the figures mean or where they go.
package extract
