package lint

import (
	"github.com/spf13/cobra"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

const long = `Say what is wrong with manifests, without a cluster.

The input is any mix of GamePolicy, GameServerSet, Ingress, IngressClass and Namespace manifests, read as strictly as
the API server reads them. Errors are what would be refused: by the webhooks of Gatehouse, or later, where nobody looks,
by the API server or OpenKruiseGame. Warnings are what the gateway does not take as it is written. Nothing is said of
annotations that work, nor of Ingresses whose class is not managed.

The exit code is 0 if there is no error, 1 if there is one (with --strict: or a warning), and 2 if the input cannot be
read.`

const example = `  gatehouse lint -f gameserverset.yaml
  kubectl get gamepolicies,gameserversets,ingresses,ingressclasses -A -o yaml | gatehouse lint -f - --strict`

// Command is `gatehouse lint`.
func Command() *cobra.Command {
	strict := false
	command := offline.Command(&cobra.Command{
		Use:     "lint -f FILE|DIR|- ...",
		Short:   "Say what is wrong with game server sets, Ingresses and policies, from manifests",
		Long:    long,
		Example: example,
	}, func(input manifest.Input, rules policy.Options) offline.Report {
		report := Run(input, rules)
		report.strict = strict
		return report
	})
	command.Flags().BoolVar(&strict, "strict", false, "fail on warnings too")
	return command
}
