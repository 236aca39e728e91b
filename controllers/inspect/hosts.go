package inspect

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/access"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

const hostsLong = `List the hosts of a namespace and who holds them.

With --conflicts it lists who else wants a host that is held: those who wait for it, and Ingresses that stand on it
although it is not theirs, from before the installation or from while Gatehouse was not there.

The exit code is 0; with --conflicts 1 if there are any; and 2 if that cannot be told.`

const hostsExample = `  gatehouse hosts -A --host '*.postio.example.com'
  gatehouse hosts -n games --set postio --state Pending
  gatehouse hosts -A --conflicts`

// HostsCommand is `gatehouse hosts`.
func HostsCommand() *cobra.Command { return hostsCommand(theWorld) }

// hostsFilter is what of the hosts is asked for.
type hostsFilter struct {
	namespace string // empty: all
	set       string
	host      string
	state     string
}

func hostsCommand(o outside) *cobra.Command {
	var f hostsFilter
	var everywhere, conflicts bool
	command := onCluster(&cobra.Command{
		Use:     "hosts",
		Short:   "List the hosts of game servers and who holds them",
		Long:    hostsLong,
		Example: hostsExample,
	}, access.InNamespace, o, func(s *session, args []string) (offline.Report, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("unexpected argument %q; name a host with --host", args[0])
		}
		if err := f.check(); err != nil {
			return nil, err
		}
		if !everywhere {
			var err error
			if f.namespace, err = s.namespace(); err != nil {
				return nil, err
			}
		}
		from, err := s.connect()
		if err != nil {
			return nil, err
		}
		claims, err := readClaims(s.Context(), from)
		if err != nil {
			return nil, err
		}
		if conflicts {
			return s.conflicts(s.Context(), from, claims, f)
		}
		return directory(claims, f, s.outside.now()), nil
	})
	flags := command.Flags()
	flags.BoolVarP(&everywhere, "all-namespaces", "A", false, "of all namespaces")
	flags.StringVar(&f.set, "set", "", "only those of this GameServerSet")
	flags.StringVar(&f.host, "host", "", `only hosts that fit a pattern, in which "*" stands for any text`)
	flags.StringVar(&f.state, "state", "", "only those in this state: Pending or Bound")
	flags.BoolVar(&conflicts, "conflicts", false, "list who else wants or uses hosts that are held")
	return command
}

func (f *hostsFilter) check() error {
	if _, err := path.Match(f.host, ""); err != nil {
		return fmt.Errorf("--host: %q is no pattern", f.host)
	}
	known := []string{"", string(v1alpha1.HostClaimPending), string(v1alpha1.HostClaimBound)}
	if !slices.ContainsFunc(known, func(s string) bool { return strings.EqualFold(s, f.state) }) {
		return fmt.Errorf("--state: %q is neither Pending nor Bound", f.state)
	}
	return nil
}

// fits tells whether a claim is asked for, wherever its holder is.
func (f *hostsFilter) fits(c *v1alpha1.HostClaim) bool {
	if f.host != "" {
		if fits, _ := path.Match(f.host, c.Spec.Host); !fits && f.host != c.Spec.Host {
			return false
		}
	}
	return f.state == "" || strings.EqualFold(f.state, string(c.Status.Phase))
}

// concerns tells whether somebody is asked for.
func (f *hostsFilter) concerns(h v1alpha1.Holder) bool {
	return (f.namespace == "" || f.namespace == h.Namespace) && (f.set == "" || f.set == h.GameServerSet)
}

// parties are those who have a deed: the holder and its guest.
func parties(c *v1alpha1.HostClaim) []v1alpha1.Holder {
	out := []v1alpha1.Holder{c.Spec.Holder}
	if c.Spec.Guest != nil {
		out = append(out, *c.Spec.Guest)
	}
	return out
}

// readClaims lists all claims, those of a set by the ids of its servers.
func readClaims(ctx context.Context, from client.Reader) ([]*v1alpha1.HostClaim, error) {
	var list v1alpha1.HostClaimList
	var out []*v1alpha1.HostClaim
	err := pages(ctx, from, &list, func() {
		for i := range list.Items {
			out = append(out, list.Items[i].DeepCopy())
		}
	})
	slices.SortFunc(out, func(a, b *v1alpha1.HostClaim) int {
		return cmp.Or(compareHolders(a.Spec.Holder, b.Spec.Holder), cmp.Compare(a.Spec.Host, b.Spec.Host), cmp.Compare(a.Spec.Class, b.Spec.Class))
	})
	return out, err
}

// compareHolders puts a set as a whole before its servers.
func compareHolders(a, b v1alpha1.Holder) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.GameServerSet, b.GameServerSet),
		cmp.Compare(ptr.Deref(a.ID, -1), ptr.Deref(b.ID, -1)))
}

// Directory are hosts and who holds them. No list in it is ever null: programs read it.
type Directory struct {
	Hosts []Deed `json:"hosts"`

	filter hostsFilter
	now    time.Time
}

// Deed is one host that is held.
type Deed struct {
	Host    string                     `json:"host"`
	Class   string                     `json:"class"`
	Claim   string                     `json:"claim"`
	Holder  v1alpha1.Holder            `json:"holder"`
	Guest   *v1alpha1.Holder           `json:"guest"` // null where there is none
	State   v1alpha1.HostClaimPhase    `json:"state"`
	Ingress *v1alpha1.IngressReference `json:"ingress"` // null while it is bound to none
	Waiters []v1alpha1.Holder          `json:"waiters"`
	Created time.Time                  `json:"created"`
}

// Refused implements offline.Report.
func (d *Directory) Refused() bool { return false }

func directory(claims []*v1alpha1.HostClaim, f hostsFilter, now time.Time) *Directory {
	d := &Directory{Hosts: []Deed{}, filter: f, now: now}
	for _, c := range claims {
		if f.fits(c) && slices.ContainsFunc(parties(c), f.concerns) {
			d.Hosts = append(d.Hosts, deedOf(c))
		}
	}
	return d
}

func deedOf(c *v1alpha1.HostClaim) Deed {
	return Deed{
		Host: c.Spec.Host, Class: c.Spec.Class, Claim: c.Name, Holder: c.Spec.Holder, Guest: c.Spec.Guest,
		State: cmp.Or(c.Status.Phase, v1alpha1.HostClaimPending), Ingress: c.Status.Ingress,
		Waiters: append([]v1alpha1.Holder{}, c.Status.Waiters...), Created: c.CreationTimestamp.UTC(),
	}
}
