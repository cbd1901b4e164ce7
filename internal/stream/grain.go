package stream

// Grain is the breakdown of figures. The two grains are separate statistics: neither is the sum of
// the other.
type Grain int8

// The grains.
const (
	ByStage    Grain = 0 // by stage and code
	ByPlatform Grain = 1 // also by channel, and by whether the device was online
)

func (g Grain) String() string {
	if g == ByPlatform {
		return "platform"
	}
	return "stage"
}
