package access

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestTheConnectionIsThatOfTheFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	config := `{apiVersion: v1, kind: Config, current-context: a,
clusters: [{name: a, cluster: {server: "https://a.test"}}, {name: b, cluster: {server: "https://b.test"}}],
contexts: [{name: a, context: {cluster: a, namespace: games}}, {name: b, context: {cluster: b}}]}`
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for flags, want := range map[string]string{
		"":                                    "https://a.test games",
		"--context=b":                         "https://b.test default",
		"--context=b -n lobby":                "https://b.test lobby",
		"-n ns/lobby --server=https://c.test": "https://c.test lobby",
		"--context=c":                         `context "c" does not exist`,
		"--kubeconfig=/not/there":             "no such file",
		"--as=dev --request-timeout=3s --token=x": "https://a.test games",
	} {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		connection := Bind(set, InNamespace)
		if err := set.Parse(append([]string{"--kubeconfig=" + file}, strings.Fields(flags)...)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if rest, err := connection.ClientConfig(); err != nil {
			got = err.Error()
		} else if namespace, _, err := connection.Namespace(); err != nil {
			got = err.Error()
		} else {
			got = rest.Host + " " + namespace
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", flags, got, want)
		}
	}
}
