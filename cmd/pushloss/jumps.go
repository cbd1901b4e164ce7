package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/config"
	"pushloss/internal/jump"
	"pushloss/internal/language"
	"pushloss/internal/problem"
	"pushloss/load"
)

// jumpDays is how many days are judged if no range is given, and mostJumpDays the longest range.
const jumpDays, mostJumpDays = 30, 1100

func newJumpsCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "jumps",
		Short: "Show losses that stand out against their own past",
		Long: `Compares the losses of each code, channel and stage with the days before. It prints those
that stand out in a range of days (by default the last 30 days). A loss stands out if it
is --factor times the usual loss, at least --min pushes above it, and far outside its
usual spread. Days are compared at the same age, as far as the history goes back. A day
is judged if at least 7 days before it are known.

Runs do the same for the newest days and all days that they load, and backfills for all
days since their first one. They store the results in analytics.jumps. This command
stores nothing and reads no stored event. Use it to choose PUSHLOSS_JUMP_FACTOR and
PUSHLOSS_JUMP_MIN.`,
		Example: `  pushloss jumps
  pushloss jumps ` + exampleDays(env.Now(), 30) + ` --factor 2.5 --min 50`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	selected := selectionFlags(command)
	command.Flag("from").Usage = "first `day` (default 30 days up to the last one)"
	command.Flag("to").Usage = "last `day`, included (default yesterday)"
	factor := command.Flags().String("factor", "", "how many `times` the usual a loss must be (default PUSHLOSS_JUMP_FACTOR)")
	least := command.Flags().String("min", "", "how many `pushes` above the usual it must be (default PUSHLOSS_JUMP_MIN)")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		given, err := readJumpFlags(*factor, *least)
		if err != nil {
			return err
		}
		selection, err := selected.selection()
		if err != nil {
			return err
		}
		a, db, err := openFor(cmd, env, selection)
		if err != nil {
			return err
		}
		defer a.close()
		settings := a.settings.Jumps
		if *factor != "" {
			settings.Factor = given.Factor
		}
		if *least != "" {
			settings.Least = given.Least
		}
		if settings.Factor == 0 {
			return &problem.UsageError{Problem: "PUSHLOSS_JUMP_FACTOR=0 looks for nothing", Remedy: "give --factor, such as --factor 3"}
		}
		days, err := jumpSpan(selection, calendar.DayOf(env.Now(), a.settings.Location))
		if err != nil {
			return err
		}
		jumps, err := db.JumpsAgain(cmd.Context(), selection.SDKAppID, days.First, days.Last, settings)
		if err != nil {
			return err
		}
		return printJumps(env, *output, a.settings.Language, days, jumps)
	}
	return command
}

func readJumpFlags(factor, least string) (s jump.Settings, err error) {
	if factor != "" {
		if s.Factor, err = config.ParseJumpFactor(factor); err != nil {
			return s, &problem.UsageError{Problem: "--factor: " + err.Error()}
		}
	}
	if least != "" {
		if s.Least, err = config.ParseJumpMin(least); err != nil {
			return s, &problem.UsageError{Problem: "--min: " + err.Error()}
		}
	}
	return s, nil
}

func jumpSpan(selection load.Selection, today calendar.Day) (calendar.Span, error) {
	span := calendar.Span{Last: today - 1}
	if selection.To != nil {
		span.Last = *selection.To
	}
	span.First = span.Last - jumpDays + 1
	if selection.From != nil {
		span.First = *selection.From
	}
	notOver := func(flag string, day calendar.Day) error {
		return &problem.UsageError{Problem: fmt.Sprintf("%s: %s is not over yet", flag, day), Remedy: fmt.Sprintf("the newest day is %s", today-1)}
	}
	switch days := int(span.Last-span.First) + 1; {
	case span.Last >= today:
		return span, notOver("--to", span.Last)
	case span.First >= today:
		return span, notOver("--from", span.First)
	case days > mostJumpDays:
		return span, &problem.UsageError{Problem: fmt.Sprintf("%s are %s", span, many(days, "day")), Remedy: fmt.Sprintf("give %s at most", many(mostJumpDays, "day"))}
	}
	return span, nil
}

func printJumps(env Environment, output format, in language.Language, days calendar.Span, jumps []load.Jump) error {
	if output == asJSON {
		return printJSON(env.Stdout, jumps)
	}
	if len(jumps) > 0 {
		t := newTable(env.Stdout, "app", "first day", "last day", "platform", "stage", "code", "worst day", "losses", "pushes", "lost", "usual", "meaning")
		for _, j := range jumps {
			pushes, lost, usual := "", "", j.UsualText()
			if j.Pushes != nil {
				pushes, lost = count(*j.Pushes), j.Lost()
			}
			meaning := j.Name
			if in == language.Chinese {
				meaning = cmp.Or(j.MeaningZh, j.Name)
			}
			last := j.Last.String()
			if j.Open {
				last = "goes on"
			}
			t.AppendRow([]any{j.SDKAppID, j.First, last, j.Platform, j.Stage, j.ErrCode, j.Worst, count(j.Losses), pushes, lost, usual, meaning})
		}
		t.Render()
	}
	verb := "stand"
	if len(jumps) == 1 {
		verb = "stands"
	}
	fmt.Fprintf(env.Stdout, "%s: %s that %s out\n", days, many(len(jumps), "loss"), verb)
	return nil
}
