// Package extract pulls push-loss figures from Tencent Cloud Chat's
// v4/timpush/all_member_push_loss: it signs, paces, sends and retries requests,
// and sorts what comes back into answers and classed errors. It also cuts time
// into day windows and tasks into batches, the two limits of that API.
//
// The package knows nothing of what the figures mean or where they go.
package extract
