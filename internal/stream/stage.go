package stream

import "fmt"

// Stage is what a figure counts: at which stage a push was lost or, in the statistics, how far
// pushes came. The numbers are stored.
type Stage int16

// The stages of a loss, in the order a push passes them, and the counters.
const (
	ReadyToSend       Stage = 1 // could be sent, was not
	PostSendDelivered Stage = 2 // was sent, was not delivered

	Total     Stage = 3 // could be sent
	Sent      Stage = 4
	Delivered Stage = 5 // reached the device
	Clicked   Stage = 6
)

var stageNames = [...]string{
	ReadyToSend: "ready_to_send", PostSendDelivered: "post_send_delivered",
	Total: "total", Sent: "sent", Delivered: "delivered", Clicked: "clicked",
}

func (s Stage) String() string {
	if s < ReadyToSend || int(s) >= len(stageNames) {
		return fmt.Sprintf("Stage(%d)", int16(s))
	}
	return stageNames[s]
}
