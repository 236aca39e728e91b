package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/access"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

const explainLong = `Say why the Ingress of a game server is as it is.

For each annotation of the gateway it says which policy, or the author, has its way, whom that beats, and what the
Ingress carries now if that is something else, with the reason. For each host it says who holds it. Of a game server
without an Ingress it says what OpenKruiseGame would make.

The exit code is 0 if the Ingress is as it is to be, also where a policy means to leave it as it is for now
(spec.rollout); 1 if it is not up to date, in quarantine or missing, or something about it is an error; and 2 if that
cannot be told.`

const explainExample = `  gatehouse explain ingress/postio-3 -n games
  gatehouse explain gameserver/postio-3 -n games -o yaml`

// ExplainCommand is `gatehouse explain`.
func ExplainCommand() *cobra.Command { return explainCommand(theWorld) }

func explainCommand(o outside) *cobra.Command {
	return onCluster(&cobra.Command{
		Use:     "explain ingress/NAME|gameserver/NAME",
		Short:   "Say why the Ingress of a game server is as it is",
		Long:    explainLong,
		Example: explainExample,
	}, access.InNamespace, o, func(s *session, args []string) (offline.Report, error) {
		kind, name, err := parseTarget(args)
		if err != nil {
			return nil, err
		}
		namespace, err := s.namespace()
		if err != nil {
			return nil, err
		}
		from, err := s.connect()
		if err != nil {
			return nil, err
		}
		return s.explain(s.Context(), from, kind, types.NamespacedName{Namespace: namespace, Name: name})
	})
}

// target is a kind of object that can be explained.
type target string

const (
	anIngress   target = "Ingress"
	aGameServer target = "GameServer"

	targetsUsage = "name an Ingress or a game server: ingress/NAME or gameserver/NAME"
)

// targets are the names of the kinds, as kubectl takes them.
var targets = map[string]target{
	"ingress": anIngress, "ingresses": anIngress, "ing": anIngress,
	"gameserver": aGameServer, "gameservers": aGameServer, "gs": aGameServer,
}

// parseTarget takes "kind/name" or "kind name", as kubectl does.
func parseTarget(args []string) (target, string, error) {
	words := args
	if len(args) == 1 {
		words = strings.SplitN(args[0], "/", 2)
	}
	if len(words) != 2 || words[1] == "" || strings.Contains(words[1], "/") {
		return "", "", errors.New(targetsUsage)
	}
	plain, _, _ := strings.Cut(words[0], ".") // ingresses.networking.k8s.io
	kind, known := targets[strings.ToLower(plain)]
	if !known {
		return "", "", fmt.Errorf("%q cannot be explained; %s", words[0], targetsUsage)
	}
	return kind, words[1], nil
}

func (s *session) explain(ctx context.Context, from client.Reader, kind target, name types.NamespacedName) (offline.Report, error) {
	ing, err := find(ctx, from, kind, name)
	if err != nil {
		return nil, err
	}
	w, err := readWorld(ctx, from, s.options)
	if err != nil {
		return nil, err
	}
	if err := w.readServer(ctx, from, ing); err != nil {
		return nil, err
	}
	report := w.explain(ing)
	return report, report.readHosts(ctx, from, s.outside.now())
}

// find reads an Ingress. That of a game server that has none, and none of its own is in its place, has no
// resourceVersion: it is what OpenKruiseGame would make.
func find(ctx context.Context, from client.Reader, kind target, name types.NamespacedName) (*networkingv1.Ingress, error) {
	ing := &networkingv1.Ingress{}
	err := from.Get(ctx, name, ing)
	if apierrors.IsNotFound(err) {
		if kind == anIngress {
			return nil, fmt.Errorf("there is no Ingress %s; of a server without one say gameserver/%s", name, name.Name)
		}
		return foresee(ctx, from, name)
	}
	if _, isGame := gameserver.Identify(ing); err == nil && kind == aGameServer && !isGame {
		return nil, fmt.Errorf("what stands in the place of the Ingress of game server %s belongs to none", name)
	}
	return ing, err
}

func foresee(ctx context.Context, from client.Reader, name types.NamespacedName) (*networkingv1.Ingress, error) {
	dash := strings.LastIndexByte(name.Name, '-')
	id, err := strconv.Atoi(name.Name[dash+1:])
	if dash <= 0 || err != nil {
		return nil, fmt.Errorf("%q is no name of a game server: SET-ID", name.Name)
	}
	set, err := snapshot.SetReader{Reader: from}.Set(ctx, name.Namespace, name.Name[:dash])
	switch {
	case err != nil:
		return nil, err
	case set == nil || !slices.Contains(set.IDs, id):
		return nil, fmt.Errorf("there is no game server %s: no GameServerSet has it", name)
	case !set.Template.Makes():
		return nil, fmt.Errorf("game server %s has no Ingress, and the parameters of GameServerSet %s make none; gatehouse lint says why", name, set.Name)
	}
	return set.Template.Ingress(set.Namespace, set.Name, id), nil
}
