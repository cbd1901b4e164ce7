package localpg_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg"
)

func ExampleStart() {
	dir, err := os.MkdirTemp("", "localpg-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // for the account that serves root
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	server, err := localpg.Start(ctx, localpg.Options{Dir: dir, Fast: true})
	if problem, ok := errors.AsType[*localpg.Error](err); ok {
		fmt.Printf("%v\n%s\n", problem, problem.Remedy)
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close(ctx)

	conn, err := pgx.Connect(ctx, server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close(ctx)
	var who string
	if err := conn.QueryRow(ctx, "SELECT current_user").Scan(&who); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(who)
	// Output: pushloss
}
