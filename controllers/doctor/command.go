package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/access"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

const long = `Look at an installation of Gatehouse and say what is wrong with it and what to do.

It looks at the CRDs, both webhook configurations and whether they trust the certificate, the certificate itself, the
managers, their rights and which of them leads, the IngressClasses, OpenKruiseGame and Higress's own limits. It looks with
your rights and changes nothing; what you may not see is UNKNOWN and no failure.

The exit code is 0 if nothing is wrong, 1 if a check FAILs, and 2 if there is no answer.`

const example = `  gatehouse doctor
  gatehouse doctor -n gatehouse-system --release gatehouse -o json`

// outside is what the command has from outside of the process.
type outside struct {
	connect func(clientcmd.ClientConfig, *runtime.Scheme) (client.Client, error)
	dial    func(ctx context.Context, address, name string) ([]byte, error)
	now     func() time.Time
}

// Command is `gatehouse doctor`; program is the version of the gatehouse that looks.
func Command(program string) *cobra.Command {
	return command(program, outside{access.Dial, dial, time.Now})
}

func command(program string, o outside) *cobra.Command {
	w := World{Program: program}
	command := &cobra.Command{Use: "doctor", Short: "Look at an installation and say what to do", Long: long, Example: example}
	var config clientcmd.ClientConfig
	offline.Printing(command, func(command *cobra.Command, args []string) (offline.Report, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("unexpected argument %q; name an installation with -n and --release", args[0])
		}
		if _, err := objectName("--okg", w.Game.Deployment); err != nil {
			return nil, err
		}
		w.Now, w.Name = o.now().UTC(), fullname(w.Release)
		scheme, err := newScheme()
		if err != nil {
			return nil, err
		}
		cluster, err := o.connect(config, scheme)
		if err != nil {
			return nil, fmt.Errorf("no access to a cluster: %w", err)
		}
		if err := newLooker(cluster, o.dial).look(command.Context(), &w); err != nil {
			return nil, err
		}
		report := w.Examine()
		if report.blind() {
			return nil, errors.New("you may look at nothing of it; ask for the role in docs/commands.md")
		}
		return report, nil
	})
	config = access.Bind(command.Flags(), access.OfCluster)
	flags := command.Flags()
	flags.StringVarP(&w.Namespace, "namespace", "n", "gatehouse-system", "namespace that Gatehouse is installed in")
	flags.StringVar(&w.Release, "release", "gatehouse", "name of the Helm release")
	flags.StringVar(&w.Game.Deployment, "okg", "kruise-game-system/kruise-game-controller-manager", "NAMESPACE/NAME of the Deployment of OpenKruiseGame's manager")
	return command
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(admissionregistrationv1.AddToScheme, appsv1.AddToScheme, authorizationv1.AddToScheme, batchv1.AddToScheme,
		coordinationv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, apiextensionsv1.AddToScheme)
	return scheme, builder.AddToScheme(scheme)
}
