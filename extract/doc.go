// Package extract pulls push statistics from Tencent Cloud Chat's API. It signs, paces,
// sends and retries requests. It turns responses into answers and classified errors. It
// also divides tasks into batches, since that API limits the tasks of a request.
//
// The package does not know what the figures mean or where they go.
package extract
