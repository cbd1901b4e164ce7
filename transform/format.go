package transform

import "pushloss/extract"

// format is what the answers of a stream look like.
type format struct {
	// arrays are the lists of an element that hold figures.
	arrays []array
	// counters says that an element has counters beside its lists.
	counters bool
	// bare says that there is no list of results: the answer is the element.
	bare bool
}

// array is a list of an element.
type array struct {
	name       string
	byPlatform bool
	stage      Stage // of all its rows, but for those of counters
	counters   bool  // a row has the four counters instead of a code
	// eventOptional says that a row by platform may lack its EventType.
	eventOptional bool
}

var formats = [...]format{
	extract.Loss:           lossFormat,
	extract.Statistics:     statisticsFormat,
	extract.ChatLoss:       chatLossFormat,
	extract.ChatStatistics: chatStatisticsFormat,
}
