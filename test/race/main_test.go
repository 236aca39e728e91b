// Package race_test lets many ask for the same hosts at the same moment, on the real API server with three managers behind
// one Service, and looks at every state that was ever stored: no host may have two at any time. Then it does so again
// while managers and etcd are killed.
package race_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/go-logr/logr"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

const (
	// contestants is how many ask for one host at the same moment, each from a namespace and over a connection of its own.
	contestants = 8
	// replicas is how many managers there are.
	replicas = 3
)

// arena is the cluster on which they meet.
type arena struct {
	*cluster.Cluster
	admin   client.Client
	rivals  []*rival
	referee *referee
}

// rival is an ordinary user with a namespace.
type rival struct {
	client.Client
	namespace string
	// sets are its GameServerSets' uids, by name.
	sets map[string]types.UID
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

func newArena(t *testing.T) *arena {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	var users []env.Identity
	for i := range contestants {
		users = append(users, env.Identity{User: userOf(i)})
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		// Without OpenKruiseGame's manager: the sets are there, and nobody but the rivals makes their Ingresses.
		Env:      env.Options{GameCRDs: true, Users: users, Out: os.Stderr},
		Replicas: replicas,
		// Who asks for the hosts of others is refused before he has a set; here everybody is to come as far as his Ingresses.
		Values: map[string]any{"shutdownDelay": "100ms", "webhook": map[string]any{"gameServerSets": map[string]any{"enabled": false}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Tails(5))
		}
		if err := c.Stop(); err != nil {
			t.Log(err) // a manager that was killed does not end well
		}
	})
	a := &arena{Cluster: c}
	if err := errors.Join(a.enter(t.Context()), a.watch(t)); err != nil {
		t.Fatal(err)
	}
	return a
}

func userOf(i int) env.User { return env.User(fmt.Sprintf("rival-%d", i)) }

// enter gives each rival a namespace, the right to write Ingresses and a connection of its own.
func (a *arena) enter(ctx context.Context) error {
	var err error
	if a.admin, err = a.Client(env.Admin, v1alpha1.AddToScheme, gameserver.AddToScheme); err != nil {
		return err
	}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "rival"},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{networkingv1.GroupName}, Resources: []string{"ingresses"}, Verbs: []string{"get", "create", "update", "delete"},
		}},
	}
	if err := a.admin.Create(ctx, role); err != nil {
		return err
	}
	for i := range contestants {
		r := &rival{namespace: fmt.Sprintf("team-%d", i), sets: map[string]types.UID{}}
		if err := a.Namespace(ctx, r.namespace, nil); err != nil {
			return err
		}
		if err := a.admin.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: role.Name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: string(userOf(i))}},
		}); err != nil {
			return err
		}
		config := a.Config(userOf(i))
		config.Dial = (&net.Dialer{}).DialContext // a transport, and so connections, that nobody shares
		if r.Client, err = client.New(config, client.Options{Scheme: a.admin.Scheme()}); err != nil {
			return err
		}
		a.rivals = append(a.rivals, r)
	}
	return nil
}
