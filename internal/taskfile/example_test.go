package taskfile_test

import (
	"fmt"
	"strings"
	"time"

	"pushloss/internal/taskfile"
)

func ExampleRead() {
	inUTC := func(int64) *time.Location { return time.UTC }
	csv := "task_id,sent_at,label\n657bf434_537529d8_2000005e80aa873_2780d131_bc614e,2023-12-15,Spring sale\n"
	list, err := taskfile.Read("tasks.csv", strings.NewReader(csv), inUTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range list.Entries {
		fmt.Println(e.Line, e.TaskID, e.SentAt.Format(time.DateOnly), e.Label)
	}

	_, err = taskfile.Read("tasks.jsonl", strings.NewReader(`{"task_id":""}`), inUTC)
	fmt.Println(err)
	// Output:
	// 2 657bf434_537529d8_2000005e80aa873_2780d131_bc614e 2023-12-15 Spring sale
	// tasks.jsonl:1: task_id is empty
}

func ExampleHintFrom() {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	hint, ok := taskfile.HintFrom("657bf434_537529d8_2000005e80aa873_2780d131_bc614e", now)
	fmt.Println(hint.SentAt.UTC(), hint.SDKAppID, ok)
	// Output: 2023-12-15 06:37:40 +0000 UTC 1400187352 true
}
