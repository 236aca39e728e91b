package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/access"
	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

const diffLong = `Say what an edit of GamePolicies would change on the Ingresses that stand, before it is applied.

Each policy in the files takes the place of the one of its name, whole, as with kubectl replace; --delete takes policies
away. All are applied together. Other objects in the files are not looked at.

The exit code is 0 if nothing would change, 1 if something would or a policy is refused, and 2 if that cannot be told.`

const diffExample = `  gatehouse diff -f postio-h5.yaml
  gatehouse diff -f policies/ --delete old-defaults`

// DiffCommand is `gatehouse diff`.
func DiffCommand() *cobra.Command { return diffCommand(theWorld) }

func diffCommand(o outside) *cobra.Command {
	var files, deleted []string
	command := onCluster(&cobra.Command{
		Use:     "diff -f FILE|DIR|- ... [--delete NAME ...]",
		Short:   "Say what an edit of policies would change on the Ingresses that stand",
		Long:    diffLong,
		Example: diffExample,
	}, access.OfCluster, o, func(s *session, args []string) (offline.Report, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("unexpected argument %q; name files with -f", args[0])
		}
		var input manifest.Input
		if len(files) > 0 || len(deleted) == 0 {
			var err error
			if input, err = offline.Read(s.Command, files); err != nil {
				return nil, err
			}
		}
		return s.diff(s.Context(), input.Policies, deleted)
	})
	offline.Filenames(command, &files)
	command.Flags().StringArrayVar(&deleted, "delete", nil, "name of a policy that is to be deleted; may be repeated")
	return command
}

// diff holds the policies as they are against those as they are to be.
func (s *session) diff(ctx context.Context, given []manifest.Policy, deleted []string) (offline.Report, error) {
	if len(given) == 0 && len(deleted) == 0 {
		return nil, errors.New("there is no GamePolicy in the files")
	}
	from, err := s.connect()
	if err != nil {
		return nil, err
	}
	w, err := readWorld(ctx, from, s.options)
	if err != nil {
		return nil, err
	}
	e, err := w.edit(given, deleted)
	if err != nil {
		return nil, err
	}
	d := newDifference(e)
	if e.refused {
		return d, nil
	}
	if err := w.readFleet(ctx, from); err != nil {
		return nil, err
	}
	bar := s.watch(ctx, from)
	defer bar.end()
	err = survey.New(from, types.NamespacedName{}).Ingresses(ctx, func(ing *networkingv1.Ingress) bool {
		bar.step()
		d.look(w, e, ing)
		return true
	})
	d.settle()
	return d, err
}

// edit is what is to be with the policies.
type edit struct {
	before, after *policy.Set
	// enforced is after with the policies of the edit in mode Enforce; nil where all are.
	enforced *policy.Set
	policies []Edited
	// refused: some policy is not accepted, so there is nothing to compare.
	refused bool
}

// edit works out what the policies are to be.
func (w *world) edit(given []manifest.Policy, deleted []string) (*edit, error) {
	e := &edit{before: w.policies, policies: []Edited{}}
	after := map[string]*policy.Compiled{}
	for _, c := range w.compiled {
		after[c.Name()] = c
	}
	for _, name := range deleted {
		c := after[name]
		if c == nil {
			return nil, fmt.Errorf("--delete: there is no GamePolicy %s", name)
		}
		delete(after, name)
		e.policies = append(e.policies, Edited{Name: name, Action: Delete, Mode: c.Mode(), Accepted: true, Findings: settled(nil)})
	}
	trial := false
	for _, p := range offline.Policies(given, w.classes.Gateways()) {
		if slices.Contains(deleted, p.Name) {
			return nil, fmt.Errorf("--delete: GamePolicy %s is in the files too", p.Name)
		}
		edited := Edited{Name: p.Name, Action: Create, Accepted: p.Compiled != nil, Findings: settled(p.Findings)}
		if stored := w.stored(p.Name); stored != nil {
			edited.Action = Change
			if p.Typed != nil { // a policy keeps its age, which ranks it among its equals
				p.Typed.CreationTimestamp = stored.CreationTimestamp
				p.Compiled, _ = policy.Compile(p.Typed)
			}
		}
		if edited.Accepted {
			edited.Mode = p.Compiled.Mode()
			after[p.Name] = p.Compiled
			trial = trial || edited.Mode != v1alpha1.ModeEnforce
		}
		e.refused = e.refused || !edited.Accepted
		e.policies = append(e.policies, edited)
	}
	e.after = setOf(after)
	if trial {
		for _, p := range e.policies {
			if c := after[p.Name]; c != nil {
				after[p.Name] = c.Enforced()
			}
		}
		e.enforced = setOf(after)
	}
	return e, nil
}

// stored is a policy as it stands, nil if it does not.
func (w *world) stored(name string) *v1alpha1.GamePolicy {
	for i := range w.typed {
		if w.typed[i].Name == name {
			return &w.typed[i]
		}
	}
	return nil
}

func setOf(byName map[string]*policy.Compiled) *policy.Set {
	list := make([]*policy.Compiled, 0, len(byName))
	for _, c := range byName {
		list = append(list, c)
	}
	return policy.NewSet(list)
}
