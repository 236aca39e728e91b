// Command gatehouse is the traffic-policy gate for game servers on Kubernetes: the manager that the chart runs, and the
// commands for the people who write policies and game server sets.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse-dev/gatehouse/webhooks/serve"
)

// version is set by the linker.
var version = "dev"

func main() {
	root := &cobra.Command{
		Use:           "gatehouse",
		Short:         "Traffic policies and hosts of game servers on Kubernetes",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(serve.Command(), versionCommand())
	err := root.Execute()
	if text := message(err); text != "" {
		fmt.Fprintln(os.Stderr, "gatehouse: "+text)
	}
	os.Exit(exitCode(err))
}

// usageError is a command line that cannot be read.
type usageError struct{ error }

func (usageError) ExitCode() int { return 2 }

// exitCode is 0, or what the command wants it to be, or 1.
func exitCode(err error) int {
	var wish interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wish):
		return wish.ExitCode()
	}
	return 1
}

// message is what is left to say about an error; a command that has said everything returns one without text.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(command *cobra.Command, _ []string) { _, _ = fmt.Fprintln(command.OutOrStdout(), version) },
	}
}
