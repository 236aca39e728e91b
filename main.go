// Command gatehouse is the traffic-policy gate for game servers on Kubernetes: the manager that the chart runs, and the
// commands for the people who write policies and game server sets.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-dev/gatehouse/controllers/doctor"
	"github.com/gatehouse-dev/gatehouse/controllers/inspect"
	"github.com/gatehouse-dev/gatehouse/controllers/install"
	"github.com/gatehouse-dev/gatehouse/policy/lint"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
	"github.com/gatehouse-dev/gatehouse/policy/preview"
	"github.com/gatehouse-dev/gatehouse/webhooks/serve"
)

// What the linker sets: Makefile and Dockerfile say it alike.
var version, commit, date = "dev", "", ""

func main() {
	root := command(os.Args[0])
	err := root.Execute()
	// A command that has said everything itself returns an error without text.
	if err != nil && err.Error() != "" {
		fmt.Fprintln(os.Stderr, root.DisplayName()+": "+err.Error())
	}
	os.Exit(exitCode(err))
}

// command is the root of all commands, under the name by which the program was called: as kubectl-gatehouse it is a plugin
// of kubectl.
func command(program string) *cobra.Command {
	root := &cobra.Command{
		Use:           "gatehouse",
		Short:         "Traffic policies and hosts of game servers on Kubernetes",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          offline.NoArgs,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	if strings.HasPrefix(filepath.Base(program), "kubectl-gatehouse") {
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl gatehouse"}
	}
	b := build()
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return offline.Usage(err) })
	root.AddCommand(
		serve.Command(b), preview.Command(), lint.Command(),
		inspect.ExplainCommand(), inspect.DiffCommand(), inspect.HostsCommand(), doctor.Command(b.Version),
		install.Command(), versionCommand(b),
	)
	return root
}

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

func versionCommand(b serve.Build) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  offline.NoArgs,
		Run: func(command *cobra.Command, _ []string) {
			_, _ = fmt.Fprintf(command.OutOrStdout(), "gatehouse %s (commit %s, built %s, %s)\n", b.Version, b.Commit, b.Date, runtime.Version())
		},
	}
}

// build is what the linker says, and where it says nothing what Go has noted: `go build` in a checkout notes its commit.
func build() serve.Build {
	b := serve.Build{Version: version, Commit: commit, Date: date}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = cmp.Or(b.Commit, s.Value)
			case "vcs.time":
				b.Date = cmp.Or(b.Date, s.Value)
			}
		}
	}
	b.Commit, b.Date = cmp.Or(b.Commit, "unknown"), cmp.Or(b.Date, "unknown")
	return b
}
