package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/problem"
	"pushloss/internal/taskfile"
	"pushloss/load"
)

func newTasksCommand(env Environment) *cobra.Command {
	return parent("tasks", "Manage the registry of push tasks, whose losses are pulled one by one",
		newTasksAddCommand(env), newTasksImportCommand(env), newTasksListCommand(env), newTasksRetireCommand(env), newTasksDeleteCommand(env))
}

func newTasksAddCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "add ID...",
		Short: "Follow push tasks by their TaskIDs",
		Long: `Follows push tasks by their TaskIDs. Instead of an ID, an argument may be JSON, such as
the answer of timpush/push or timpush/batch, or - for stdin. It reads all that tasks
import reads.`,
		Example: `  pushloss tasks add 657bf434_537529d8_2000005e80aa873_2780d131_bc614e
  pushloss tasks add spring-sale --sent-at 2025-03-31T08:00:00+08:00 --label "Spring sale"
  pushloss tasks add '{"ActionStatus":"OK","ErrorCode":0,"TaskId":"spring-sale"}' --label "Spring sale"`,
		Args: exactly(cobra.MinimumNArgs(1)),
	}
	sdkAppID := appFlag(command, "app of the tasks; required if there are several apps")
	sentAt := command.Flags().String("sent-at", "", "`time` at which the pushes were sent; none removes it")
	label := command.Flags().String("label", "", "name for people")
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true})
		if err != nil {
			return err
		}
		defer a.close()
		if *sentAt == noSentAt {
			return a.forgetSentAt(cmd, *sdkAppID, args)
		}
		list, err := a.readArguments(args, *sdkAppID)
		if err != nil {
			return err
		}
		for i := range list.Entries {
			e := &list.Entries[i]
			e.SDKAppID = cmp.Or(e.SDKAppID, *sdkAppID)
			if *sentAt != "" {
				at, err := taskfile.ParseSentAt(*sentAt, a.locationOf(e.SDKAppID))
				if err != nil {
					return &problem.UsageError{Problem: "--sent-at: " + err.Error()}
				}
				e.SentAt, e.Line = &at, 0
			}
			e.Label = cmp.Or(*label, e.Label)
		}
		return a.saveTasks(cmd, "--sent-at", load.SourceCommand, list, *output)
	}
	return command
}

// readArguments reads TaskIDs and lists of tasks: JSON, or - for stdin. sdkAppID is the app of tasks
// that do not name theirs; 0 if it is not given.
func (a *app) readArguments(args []string, sdkAppID int64) (all taskfile.List, err error) {
	var ids []string
	for i, argument := range args {
		text, name := strings.TrimSpace(argument), fmt.Sprintf("argument %d", i+1)
		var list taskfile.List
		switch {
		case text == "-":
			list, err = a.readTasks("stdin", a.env.Stdin, sdkAppID)
		case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
			list, err = a.readTasks(name, strings.NewReader(text), sdkAppID)
		default:
			ids = append(ids, text)
			list.Entries = []taskfile.Entry{{TaskID: text}}
		}
		if err != nil {
			return taskfile.List{}, err
		}
		all.Append(list)
	}
	return all, checkTaskIDs(ids)
}

// checkTaskIDs returns one error for all texts that cannot be TaskIDs.
func checkTaskIDs(ids []string) error {
	var problems []string
	for _, id := range ids {
		if problem := taskfile.CheckTaskID(strings.TrimSpace(id)); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return &problem.UsageError{Problem: strings.Join(problems, "\n"), Remedy: "nothing was done; correct the arguments and run the command again"}
	}
	return nil
}

func newTasksImportCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Follow the push tasks of a CSV or JSON file (- is stdin)",
		Long: `Reads CSV with a header (commas, semicolons or tabs), a table as psql, mysql or
Markdown draw it, a plain list of IDs, or JSON (an array, or objects one after
another), in UTF-8 or UTF-16. Columns: task_id, and optionally sdk_app_id, sent_at and
label. A sent_at without an offset is in the app's time zone. It also reads what the
vendor writes: answers of timpush/push and timpush/batch, callbacks, lists of scheduled
pushes. Answers of failed calls are skipped and counted. Importing a file again changes
nothing. A file with a mistake is not imported at all.`,
		Example: `  pushloss tasks import tasks.csv
  printf 'task_id,sent_at\nspring-sale,2025-03-31T08:00:00+08:00\n' | pushloss tasks import -
  curl -s "$PUSH_URL" -d @push.json | tee -a answers.jsonl | pushloss tasks import -`,
		Args: exactly(cobra.ExactArgs(1)),
	}
	sdkAppID := appFlag(command, "app of the tasks that do not name theirs; required for these if there are several apps")
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true})
		if err != nil {
			return err
		}
		defer a.close()
		name, text := "stdin", env.Stdin
		if args[0] != "-" {
			file, err := os.Open(args[0])
			if err != nil {
				return unreadableList(args[0], err)
			}
			defer file.Close()
			name, text = args[0], io.Reader(file)
		}
		list, err := a.readTasks(name, text, *sdkAppID)
		if err != nil {
			return err
		}
		for i := range list.Entries {
			list.Entries[i].SDKAppID = cmp.Or(list.Entries[i].SDKAppID, *sdkAppID)
		}
		return a.saveTasks(cmd, name, load.SourceFile, list, *output)
	}
	return command
}

// readTasks reads a list. A mistake in the list is a usage error.
func (a *app) readTasks(name string, text io.Reader, sdkAppID int64) (taskfile.List, error) {
	list, err := taskfile.Read(name, text, func(named int64) *time.Location { return a.locationOf(cmp.Or(named, sdkAppID)) })
	var problems taskfile.Problems
	if err != nil && !errors.As(err, &problems) {
		return taskfile.List{}, unreadableList(name, err)
	}
	return list, err
}

// unreadableList returns an error that names the list once, although errors of files name it too.
func unreadableList(name string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return &problem.UsageError{
		Problem: fmt.Sprintf("cannot read the list %s: %v", name, err),
		Remedy:  "nothing was imported; give a file that can be read, or - for stdin",
	}
}

// appOf returns the named app or, for 0, the only configured one.
func (a *app) appOf(named int64) (int64, error) {
	if named != 0 {
		known := func(configured config.App) bool { return configured.SDKAppID == named }
		if len(a.settings.Apps) > 0 && !slices.ContainsFunc(a.settings.Apps, known) {
			return 0, &problem.UsageError{Problem: fmt.Sprintf("app %d is not configured", named), Remedy: "its tasks would never be pulled: name one of the apps in the settings"}
		}
		return named, nil
	}
	if len(a.settings.Apps) == 1 {
		return a.settings.Apps[0].SDKAppID, nil
	}
	if len(a.settings.Apps) == 0 {
		return 0, &problem.UsageError{Problem: "the app of the tasks is not known", Remedy: "set TIM_SDK_APP_ID, or name the app (--app, column sdk_app_id)"}
	}
	return 0, &problem.UsageError{Problem: "there are several apps", Remedy: "name the app of the tasks (--app, column sdk_app_id)"}
}

func newTasksListCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "list",
		Short: "List the registered tasks",
		Long: `Shows the tasks that runs follow, where each first came from, and when an answer of the
API last had figures of it. "never answered" means that no run has pulled its days yet,
that runs do not pull them, or that its ID is wrong. "none" means that no push of it was
lost, or that the API answers a wrong ID with zeros.`,
		Example: "  pushloss tasks list --output json",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		tasks, err := db.Tasks.All(cmd.Context())
		if err != nil {
			return err
		}
		answered, err := db.Tasks.Answered(cmd.Context())
		if err != nil {
			return err
		}
		return printTasks(env, *output, tasks, answered)
	}
	return command
}

// labelWidth is how many characters of a label the table shows; JSON has the whole label.
const labelWidth = 60

func printTasks(env Environment, output format, tasks []load.Task, answered map[int32]*time.Time) error {
	if output == asJSON {
		type listed struct {
			SDKAppID     int64      `json:"sdk_app_id"`
			TaskID       string     `json:"task_id"`
			Label        *string    `json:"label"`
			SentAt       *time.Time `json:"sent_at"`
			RegisteredAt time.Time  `json:"registered_at"`
			RetiredAt    *time.Time `json:"retired_at"`
			Source       *string    `json:"source"`
			Answered     bool       `json:"answered"`
			LastFigures  *time.Time `json:"last_figures_at"`
		}
		list := []listed{}
		for _, t := range tasks {
			lastFigures, had := answered[t.Key]
			var source *string
			if t.Source != "" {
				source = (*string)(&t.Source)
			}
			list = append(list, listed{t.SDKAppID, t.TaskID, t.Label, t.SentAt, t.RegisteredAt, t.RetiredAt, source, had, lastFigures})
		}
		return printJSON(env.Stdout, list)
	}
	t := newTable(env.Stdout, "app", "task", "label", "sent at", "registered at", "source", "retired at", "last figures")
	for _, task := range tasks {
		label := ""
		if task.Label != nil {
			label = text.Snip(*task.Label, labelWidth, "…")
		}
		ever := "never answered"
		if lastFigures, had := answered[task.Key]; had {
			ever = cmp.Or(shortTime(lastFigures), "none")
		}
		t.AppendRow([]any{task.SDKAppID, task.TaskID, label, shortTime(task.SentAt), shortTime(&task.RegisteredAt), string(task.Source), shortTime(task.RetiredAt), ever})
	}
	t.Render()
	return nil
}
