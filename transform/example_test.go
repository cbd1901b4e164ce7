package transform_test

import (
	"fmt"

	"pushloss/internal/stream"
	"pushloss/transform"
)

func Example() {
	answer := []byte(`{"ActionStatus":"OK","ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[
		{"ErrCode":"-1","ErrCount":3,"ErrInfo":"certificate id not set"},
		{"ErrCode":-1,"ErrCount":"1","ErrInfo":"Certificate id not set"},
		{"ErrCode":"-2","ErrCount":2.5,"ErrInfo":"token not uploaded"}]}]}`)

	var n transform.Normalizer
	result, err := n.Normalize(stream.Loss, answer, []string{"a", "b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, snapshot := range result.Snapshots {
		for _, fact := range snapshot.Facts {
			fmt.Println(snapshot.TaskID, fact.Stage, fact.Code, fact.Count, fact.Info)
		}
	}
	for _, reject := range result.Rejects {
		fmt.Println("rejected:", reject.Reason)
	}
	fmt.Println("absent:", result.Absent)
	fmt.Printf("%d rows in, %d merged\n", result.Counts.RowsIn, result.Counts.Merged)
	// Output:
	// a ready_to_send -1 4 certificate id not set
	// rejected: ErrCount is not a whole number
	// absent: [b]
	// 3 rows in, 1 merged
}
