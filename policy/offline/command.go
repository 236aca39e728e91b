package offline

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
)

// Exit codes: 0 means that nothing is refused.
const (
	exitRefused = 1 // the report has something that fails the command
	exitUnread  = 2 // the command line or the input cannot be read
)

// exit is the outcome of a command that is not success. An empty text means that all has been said.
type exit struct {
	code int
	text string
}

func (e exit) Error() string { return e.text }

// ExitCode is what the process should end with.
func (e exit) ExitCode() int { return e.code }

// Usage is what a command returns for a command line that cannot be meant.
func Usage(err error) error { return exit{exitUnread, err.Error()} }

// NoArgs is for commands that take no arguments.
func NoArgs(command *cobra.Command, args []string) error {
	if err := cobra.NoArgs(command, args); err != nil {
		return Usage(err)
	}
	return nil
}

// Report is what a command makes of its input. As JSON it is the document for programs.
type Report interface {
	// Text writes it for a person.
	Text(w io.Writer) error
	// Refused tells whether the command fails.
	Refused() bool
}

// Reporting completes a command that makes a report by the rules of an installation, which its flags say.
func Reporting(command *cobra.Command, run func(command *cobra.Command, args []string, rules policy.Options) (Report, error)) *cobra.Command {
	var (
		ingressClasses []string
		classGateways  map[string]string
	)
	Printing(command, func(command *cobra.Command, args []string) (Report, error) {
		rules, err := policy.ParseOptions(ingressClasses, classGateways)
		if err != nil {
			return nil, err
		}
		return run(command, args, rules)
	})
	classes, gateways := policy.DefaultOptions().Flags()
	flags := command.Flags()
	flags.StringSliceVar(&ingressClasses, "ingress-classes", classes, "managed ingress classes, as the manager has them")
	flags.StringToStringVar(&classGateways, "class-gateways", gateways, "gateway of a class (class=gateway) where no IngressClass tells it, as the manager has them")
	return command
}

// Printing completes a command that makes a report: how it is printed and what the process ends with. An error of run says
// that the command line or the input cannot be read. Errors have a method ExitCode; one without text has been told.
func Printing(command *cobra.Command, run func(command *cobra.Command, args []string) (Report, error)) *cobra.Command {
	var output string
	command.SilenceUsage, command.SilenceErrors = true, true
	unread := func(err error) error {
		if told := (exit{}); errors.As(err, &told) {
			return told
		}
		return exit{exitUnread, command.Name() + ": " + err.Error()}
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unread(err) })
	command.RunE = func(command *cobra.Command, args []string) error {
		write, ok := writers[output]
		if !ok {
			return unread(fmt.Errorf("--output is %q; it can be text, yaml or json", output))
		}
		report, err := run(command, args)
		if err != nil {
			return unread(err)
		}
		if err := write(command.OutOrStdout(), report); err != nil {
			return unread(err)
		}
		if report.Refused() {
			return exit{code: exitRefused}
		}
		return nil
	}
	command.Flags().StringVarP(&output, "output", "o", "text", "text, yaml or json")
	return command
}

// Command completes a command that reads manifests and reports on them.
func Command(command *cobra.Command, run func(manifest.Input, policy.Options) Report) *cobra.Command {
	var files []string
	Reporting(command, func(command *cobra.Command, args []string, rules policy.Options) (Report, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("unexpected argument %q; name files with -f", args[0])
		}
		input, err := Read(command, files)
		if err != nil {
			return nil, err
		}
		return run(input, rules), nil
	})
	Filenames(command, &files)
	return command
}

// Filenames gives a command the flag for what it reads.
func Filenames(command *cobra.Command, files *[]string) {
	command.Flags().StringArrayVarP(files, "filename", "f", nil, "file, directory or - for standard input; may be repeated")
}

// Read reads the files that a command line names. It tells all that cannot be read.
func Read(command *cobra.Command, files []string) (manifest.Input, error) {
	if len(files) == 0 {
		return manifest.Input{}, errors.New("nothing to read; name files with -f")
	}
	input, problems := manifest.Read(files, command.InOrStdin())
	for _, p := range problems {
		command.PrintErrln(Escape(p.String()))
	}
	if len(problems) > 0 {
		return manifest.Input{}, exit{code: exitUnread}
	}
	return input, nil
}
