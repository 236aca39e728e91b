package preview

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

const long = `Show what Gatehouse would do with manifests, without a cluster.

The input is any mix of GamePolicy, GameServerSet, Ingress, IngressClass and Namespace manifests, read as strictly as
the API server reads them. Game server sets are expanded to the Ingresses that OpenKruiseGame would make. For every
Ingress the output says which annotations it gets and which policy each comes from.

The exit code is 0 if nothing is refused, 1 if a policy, a set or an Ingress is, and 2 if the input cannot be read.`

const example = `  gatehouse preview -f policies/ -f gameserverset.yaml
  kubectl get gamepolicies,gameserversets,ingressclasses -A -o yaml | gatehouse preview -f - -o json`

// Command is `gatehouse preview`.
func Command() *cobra.Command {
	return offline.Command(&cobra.Command{
		Use:     "preview -f FILE|DIR|- ...",
		Short:   "Show what policies do to the Ingresses of game servers, from manifests",
		Long:    long,
		Example: example,
	}, func(input manifest.Input, rules policy.Options) offline.Report { return printed{Run(input, rules)} })
}

// printed is a report as the command prints it.
type printed struct{ Report }

// Text implements offline.Report.
func (p printed) Text(w io.Writer) error { return Text(w, p.Report) }
