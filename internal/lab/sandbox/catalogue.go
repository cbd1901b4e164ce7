package sandbox

import (
	"slices"
	"strconv"
)

// The four arrays of an answer, in the order the API page prints them.
const (
	arrayReady = iota
	arrayDelivered
	arrayPlatformReady
	arrayPlatformDelivered
	arrayCount
)

// The stages as rows of [Figures] name them.
const (
	StageReadyToSend       = "ready_to_send"
	StagePostSendDelivered = "post_send_delivered"
)

// arrayNames are the keys of the arrays on the API page All/Tagged Users Push Loss Analysis.
var arrayNames = [arrayCount]string{
	"ReadyToSendLoss", "PostSendDeliveredLoss", "PlatformReadyToSendLoss", "PlatformPostSendDeliveredLoss",
}

func stageOf(array int) string {
	if array == arrayReady || array == arrayPlatformReady {
		return StageReadyToSend
	}
	return StagePostSendDelivered
}

func isPlatformArray(array int) bool { return array >= arrayPlatformReady }

// presence says when a cell exists.
type presence uint8

const (
	always         presence = iota
	whenRestated            // only within restated days
	whenUnknownOne          // only with the fault unknown-platform
	whenIncident            // only in an incident
)

// online is the EventType of online pushes.
const online = 2

// cell is one possible row of a task: its key, its text and how large its counts are.
type cell struct {
	array    int
	event    int // 1 offline, 2 online; 0: the row has no EventType
	platform int // 0 … 8
	code     string
	info     string
	scale    uint64
	presence presence

	// The row as JSON around its count, rendered once so that answers only copy bytes.
	before, after string
}

func stageCell(array int, code, info string, scale uint64) cell {
	return cell{array: array, code: code, info: info, scale: scale}
}

func platformCell(array, event, platform int, code, info string, scale uint64) cell {
	return cell{array: array, event: event, platform: platform, code: code, info: info, scale: scale}
}

// baseCells are realistic codes, the most frequent first. The texts of -1, -2, 1, 410, 10302 and 16 are those of the API
// page's sample; the others are the vendors' own. No published sample has online rows (EventType 2, platform always 0):
// their codes are invented.
func baseCells(array int) []cell {
	switch array {
	case arrayReady:
		return []cell{
			stageCell(array, "-1", "Certificate id not set", 300),
			stageCell(array, "-2", "token not uploaded", 240),
			stageCell(array, "80300007", "all the tokens are invalid", 90),
			stageCell(array, "403", "ExpiredProviderToken", 12),
			stageCell(array, "80200001", "oauth authentication error", 9),
			stageCell(array, "21301", "authentication failed", 7),
			stageCell(array, "16", "", 6),
			stageCell(array, "10008", "parameter error", 4),
			stageCell(array, "80300002", "the current app does not have the permission to send messages", 3),
			stageCell(array, "413", "PayloadTooLarge", 2),
		}
	case arrayDelivered:
		return []cell{
			stageCell(array, "410", "Unregistered", 220),
			stageCell(array, "1", "regid_invalid", 200),
			stageCell(array, "10302", "User Id invalid", 140),
			stageCell(array, "404", "UNREGISTERED", 120),
			stageCell(array, "16", "", 60),
			stageCell(array, "110002", "pushId not subscribed", 40),
			stageCell(array, "65003", "device not found", 35),
			stageCell(array, "10070", "total sending volume over the limit", 20),
			stageCell(array, "400", "BadDeviceToken", 15),
			stageCell(array, "UNSPECIFIED_ERROR", "", 2),
			stageCell(array, "10034", "too many messages today", 2),
			stageCell(array, "80100000", "the message is successfully sent to some tokens", 2),
		}
	case arrayPlatformReady:
		return []cell{
			platformCell(array, 1, 1, "-1", "Certificate id not set", 60),
			platformCell(array, 1, 2, "-1", "Certificate id not set", 120),
			platformCell(array, 1, 3, "-2", "token not uploaded", 90),
			platformCell(array, 1, 4, "-2", "token not uploaded", 80),
			platformCell(array, 2, 0, "-2", "token not uploaded", 30),
			platformCell(array, 1, 6, "16", "", 6),
			platformCell(array, 1, 3, "80300007", "all the tokens are invalid", 70),
			platformCell(array, 1, 8, "80300007", "all the tokens are invalid", 20),
			platformCell(array, 1, 6, "-1", "service unavailable", 10),
			platformCell(array, 1, 6, "-2", "in flow control", 8),
			platformCell(array, 1, 1, "403", "ExpiredProviderToken", 12),
			platformCell(array, 1, 2, "21301", "authentication failed", 7),
			platformCell(array, 1, 0, "-2", "token not uploaded", 5),
			platformCell(array, 1, 7, "10094", "appId differs from the authenticated app", 3),
			platformCell(array, 1, 5, "110000", "appId illegal", 2),
		}
	default:
		return []cell{
			platformCell(array, 1, 1, "410", "Unregistered", 150),
			platformCell(array, 1, 2, "1", "regid_invalid", 180),
			platformCell(array, 1, 7, "10302", "User Id invalid", 130),
			platformCell(array, 1, 4, "404", "UNREGISTERED", 110),
			platformCell(array, 2, 0, "1", "", 25),
			platformCell(array, 1, 5, "110002", "pushId not subscribed", 30),
			platformCell(array, 1, 2, "65003", "device not found", 35),
			platformCell(array, 1, 7, "10070", "total sending volume over the limit", 20),
			platformCell(array, 1, 1, "400", "BadDeviceToken", 15),
			platformCell(array, 1, 6, "33", "message count over the daily limit", 9),
			platformCell(array, 1, 4, "429", "QUOTA_EXCEEDED", 8),
			platformCell(array, 2, 0, "-2", "token not uploaded", 6),
			platformCell(array, 1, 4, "UNSPECIFIED_ERROR", "", 2),
			platformCell(array, 1, 1, "16", "", 5),
			platformCell(array, 1, 3, "80100000", "the message is successfully sent to some tokens", 4),
			platformCell(array, 1, 8, "80300007", "all the tokens are invalid", 4),
		}
	}
}

// catalogue makes the cells of every task: as many as rows, distributed over the four arrays in
// their order, and a few that only faults use. Cells of chats have no EventType and no online
// pushes. When the known codes run out, catalogue invents vendor codes from 30000 on.
func catalogue(rows int, chats bool) []cell {
	share := [arrayCount]int{rows / 6, rows / 4, rows / 4, 0}
	share[arrayPlatformDelivered] = rows - share[0] - share[1] - share[2]

	cells := make([]cell, 0, rows+4)
	for array, n := range share {
		known := baseCells(array)
		if chats {
			known = slices.DeleteFunc(known, func(c cell) bool { return c.event == online })
		}
		for i := range n {
			if i < len(known) {
				cells = append(cells, known[i])
				continue
			}
			code := strconv.Itoa(30000 + i)
			c := stageCell(array, code, "vendor code "+code, 3)
			if isPlatformArray(array) {
				c = platformCell(array, 1, 1+i%8, code, "vendor code "+code, 3)
			}
			cells = append(cells, c)
		}
		if isPlatformArray(array) {
			c := platformCell(array, 9, 42, "4242", "a platform the API page does not list", 20)
			c.presence = whenUnknownOne
			cells = append(cells, c)
		}
		if stageOf(array) == StagePostSendDelivered {
			c := stageCell(array, "90909", "restated", 30)
			if isPlatformArray(array) {
				c = platformCell(array, 1, 2, "90909", "restated", 30)
			}
			c.presence = whenRestated
			cells = append(cells, c)
		}
	}
	for i := range cells {
		if chats {
			cells[i].event = 0
		}
		cells[i].render()
	}
	return cells
}

func (c *cell) render() {
	var b []byte
	b = append(b, '{')
	if isPlatformArray(c.array) {
		b = appendChannel(b, c.event, c.platform)
		b = append(b, ',')
	}
	b = append(b, `"ErrCode":`...)
	b = appendQuoted(b, c.code)
	b = append(b, `,"ErrCount":`...)
	c.before = string(b)
	b = append(b[:0], `,"ErrInfo":`...)
	b = appendQuoted(b, c.info)
	c.after = string(append(b, '}'))
}

// appendChannel writes the key of a platform row.
func appendChannel(b []byte, event, platform int) []byte {
	if event != 0 {
		b = append(b, `"EventType":`...)
		b = strconv.AppendInt(b, int64(event), 10)
		b = append(b, ',')
	}
	b = append(b, `"PushPlatform":`...)
	return strconv.AppendInt(b, int64(platform), 10)
}
