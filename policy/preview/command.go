package preview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
)

// Exit codes: 0 means that nothing is refused.
const (
	exitRefused = 1 // a policy, a set or an Ingress is refused
	exitUnread  = 2 // the command line or the input cannot be read
)

// exit is the outcome of the command that is not success. An empty text means that all has been said.
type exit struct {
	code int
	text string
}

func (e exit) Error() string { return e.text }

// ExitCode is what the process should end with.
func (e exit) ExitCode() int { return e.code }

const long = `Show what Gatehouse would do with manifests, without a cluster.

The input is any mix of GamePolicy, GameServerSet, Ingress, IngressClass and Namespace manifests, read as strictly as
the API server reads them. Game server sets are expanded to the Ingresses that OpenKruiseGame would make. For every
Ingress the output says which annotations it gets and which policy each comes from.

The exit code is 0 if nothing is refused, 1 if a policy, a set or an Ingress is, and 2 if the input cannot be read.`

const example = `  gatehouse preview -f policies/ -f gameserverset.yaml
  kubectl get gamepolicies,gameserversets,ingressclasses -A -o yaml | gatehouse preview -f - -o json`

// options are what the command line says.
type options struct {
	files          []string
	output         string
	ingressClasses []string
	classGateways  map[string]string
}

// Command is `gatehouse preview`. Its errors have a method ExitCode; one without text has been reported.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:           "preview -f FILE|DIR|- ...",
		Short:         "Show what policies do to the Ingresses of game servers, from manifests",
		Long:          long,
		Example:       example,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit{exitUnread, fmt.Sprintf("preview: unexpected argument %q; name files with -f", args[0])}
			}
			return nil
		},
		RunE: func(command *cobra.Command, _ []string) error { return o.run(command) },
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit{exitUnread, "preview: " + err.Error()} })
	classes, gateways := policy.DefaultOptions().Flags()
	flags := command.Flags()
	flags.StringArrayVarP(&o.files, "filename", "f", nil, "file, directory or - for standard input; may be repeated")
	flags.StringVarP(&o.output, "output", "o", "text", "text, yaml or json")
	flags.StringSliceVar(&o.ingressClasses, "ingress-classes", classes, "managed ingress classes, as the manager has them")
	flags.StringToStringVar(&o.classGateways, "class-gateways", gateways, "gateway of a class (class=gateway) where no IngressClass of the input tells it, as the manager has them")
	return command
}

func (o *options) run(command *cobra.Command) error {
	rules, err := policy.ParseOptions(o.ingressClasses, o.classGateways)
	if err != nil {
		return exit{exitUnread, "preview: " + err.Error()}
	}
	if len(o.files) == 0 {
		return exit{exitUnread, "preview: nothing to read; name files with -f"}
	}
	write, ok := writers[o.output]
	if !ok {
		return exit{exitUnread, fmt.Sprintf("preview: --output is %q; it can be text, yaml or json", o.output)}
	}
	input, problems := manifest.Read(o.files, command.InOrStdin())
	if len(problems) > 0 {
		for _, p := range problems {
			command.PrintErrln(escape(p.String()))
		}
		return exit{code: exitUnread}
	}
	report := Run(input, rules)
	if err := write(command.OutOrStdout(), report); err != nil {
		return exit{exitUnread, "preview: " + err.Error()}
	}
	if report.Refused() {
		return exit{code: exitRefused}
	}
	return nil
}

var writers = map[string]func(io.Writer, Report) error{"text": Text, "json": JSON, "yaml": YAML}

// JSON writes a report for programs.
func JSON(w io.Writer, r Report) error {
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false) // values hold <id> and the like
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(document.Bytes()))
	return err
}

// YAML writes the same document as JSON.
func YAML(w io.Writer, r Report) error {
	document, err := json.Marshal(r)
	if err != nil {
		return err
	}
	// yaml.Marshal would fail: YAML takes control characters such as U+009B only as escapes, and JSON does not escape all.
	data, err := yaml.JSONToYAML(escapeJSON(document))
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
