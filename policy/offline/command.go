package offline

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
)

// Exit codes: 0 means that nothing is refused.
const (
	exitRefused = 1 // something of the input is refused
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

// Report is what a command makes of its input. As JSON it is the document for programs.
type Report interface {
	// Text writes it for a person.
	Text(w io.Writer) error
	// Refused tells whether the command fails.
	Refused() bool
}

// options are what the command line says.
type options struct {
	files          []string
	output         string
	ingressClasses []string
	classGateways  map[string]string
}

// Command completes a command that reads manifests and reports on them. Its errors have a method ExitCode; one without text
// has been reported.
func Command(command *cobra.Command, run func(manifest.Input, policy.Options) Report) *cobra.Command {
	var o options
	command.SilenceUsage, command.SilenceErrors = true, true
	unread := func(text string) error { return exit{exitUnread, command.Name() + ": " + text} }
	command.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unread(fmt.Sprintf("unexpected argument %q; name files with -f", args[0]))
		}
		return nil
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unread(err.Error()) })
	command.RunE = func(command *cobra.Command, _ []string) error {
		write, ok := writers[o.output]
		if !ok {
			return unread(fmt.Sprintf("--output is %q; it can be text, yaml or json", o.output))
		}
		rules, err := policy.ParseOptions(o.ingressClasses, o.classGateways)
		if err != nil {
			return unread(err.Error())
		}
		if len(o.files) == 0 {
			return unread("nothing to read; name files with -f")
		}
		input, problems := manifest.Read(o.files, command.InOrStdin())
		if len(problems) > 0 {
			for _, p := range problems {
				command.PrintErrln(Escape(p.String()))
			}
			return exit{code: exitUnread}
		}
		report := run(input, rules)
		if err := write(command.OutOrStdout(), report); err != nil {
			return unread(err.Error())
		}
		if report.Refused() {
			return exit{code: exitRefused}
		}
		return nil
	}
	classes, gateways := policy.DefaultOptions().Flags()
	flags := command.Flags()
	flags.StringArrayVarP(&o.files, "filename", "f", nil, "file, directory or - for standard input; may be repeated")
	flags.StringVarP(&o.output, "output", "o", "text", "text, yaml or json")
	flags.StringSliceVar(&o.ingressClasses, "ingress-classes", classes, "managed ingress classes, as the manager has them")
	flags.StringToStringVar(&o.classGateways, "class-gateways", gateways, "gateway of a class (class=gateway) where no IngressClass of the input tells it, as the manager has them")
	return command
}
