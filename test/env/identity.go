package env

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
)

// User is the name of a user that the API server knows by a token.
type User string

// The users of every environment. All rights but those of Admin come from RBAC.
const (
	// Admin is in system:masters: exempt from RBAC and from priority and fairness.
	Admin User = "admin"
	// Operator is a platform operator: GamePolicies and all that helps to write them, nothing else.
	Operator User = "operator"
	// Dev is a game developer: game servers in the namespace games, no cluster rights.
	Dev User = "dev"
	// Gatehouse is the service account of our manager; its rights are the chart's.
	Gatehouse User = "system:serviceaccount:gatehouse-system:gatehouse"
	// OKG is the service account of OpenKruiseGame's manager in its own chart; it has the ClusterRole of its module.
	OKG User = "system:serviceaccount:kruise-game-system:kruise-game-controller-manager"

	// Their roles are among those that the API server brings along.
	controllerManager User = "system:kube-controller-manager"
	scheduler         User = "system:kube-scheduler"
)

// GamesNamespace is where Dev has rights.
const GamesNamespace = "games"

// Identity is a user with its groups.
type Identity struct {
	User   User
	Groups []string
}

// identities are the users' tokens and kubeconfigs and the API server's serving certificate, which is its own CA.
type identities struct {
	dir, server string
	caBundle    []byte
	tokens      map[User]string
}

func newIdentities(dir string, s *slice, extra []Identity) (*identities, error) {
	i := &identities{dir: dir, server: "https://" + net.JoinHostPort(s.hostIP(), apiServerPort), tokens: map[User]string{}}
	bundle, key, err := cert.GenerateSelfSignedCertKey(s.hostIP(), []net.IP{net.ParseIP(s.hostIP())}, nil)
	if err != nil {
		return nil, err
	}
	i.caBundle = bundle
	if err := writeFiles(dir, map[string][]byte{"apiserver.crt": bundle, "apiserver.key": key}); err != nil {
		return nil, err
	}
	all := []Identity{{Admin, []string{"system:masters"}}}
	for _, user := range []User{Operator, Dev, Gatehouse, OKG, kruise.user, controllerManager, scheduler} {
		all = append(all, Identity{user, user.groups()})
	}
	var tokens strings.Builder
	for _, identity := range append(all, extra...) {
		token := rand.Text()
		i.tokens[identity.User] = token
		fmt.Fprintf(&tokens, "%s,%s,%s,%q\n", token, identity.User, identity.User, strings.Join(identity.Groups, ","))
		if err := i.writeKubeconfig(identity.User); err != nil {
			return nil, err
		}
	}
	return i, writeFiles(dir, map[string][]byte{"tokens.csv": []byte(tokens.String())})
}

// groups are those that the API server gives to a service account by itself when it comes with a token of its own.
func (u User) groups() []string {
	parts := strings.Split(string(u), ":")
	if len(parts) == 4 && strings.HasPrefix(string(u), "system:serviceaccount:") {
		return []string{"system:serviceaccounts", "system:serviceaccounts:" + parts[2]}
	}
	return nil
}

func (i *identities) kubeconfig(user User) string {
	parts := strings.Split(string(user), ":")
	return filepath.Join(i.dir, parts[len(parts)-1]+".kubeconfig")
}

func (i *identities) writeKubeconfig(user User) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["env"] = &clientcmdapi.Cluster{Server: i.server, CertificateAuthorityData: i.caBundle}
	config.AuthInfos["user"] = &clientcmdapi.AuthInfo{Token: i.tokens[user]}
	config.Contexts["env"] = &clientcmdapi.Context{Cluster: "env", AuthInfo: "user"}
	config.CurrentContext = "env"
	return clientcmd.WriteToFile(*config, i.kubeconfig(user))
}

// Kubeconfig returns the path of a user's kubeconfig.
func (e *Env) Kubeconfig(user User) string {
	e.identity.mustKnow(user)
	return e.identity.kubeconfig(user)
}

// Config returns the connection of a user, without client-side rate limit: a test measures the server's.
func (e *Env) Config(user User) *rest.Config {
	e.identity.mustKnow(user)
	return &rest.Config{
		Host:            e.identity.server,
		BearerToken:     e.identity.tokens[user],
		TLSClientConfig: rest.TLSClientConfig{CAData: slices.Clone(e.identity.caBundle)},
		QPS:             -1,
		UserAgent:       "gatehouse-test",
	}
}

func (i *identities) mustKnow(user User) {
	if _, ok := i.tokens[user]; !ok {
		panic(fmt.Sprintf("no user %q in this environment: name it in Options.Users", user))
	}
}

func writeFiles(dir string, files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
