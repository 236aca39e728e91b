package certmanager

import (
	"context"
	"fmt"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	crca "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	crselfsigned "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	"github.com/cert-manager/cert-manager/pkg/controller/issuers"
	// The issuers register themselves; no controller imports them, and without them nothing is ever issued.
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
)

// wanted are the controllers of a chain selfSigned, CA, Certificate. cert-manager's registry is global: without the
// list, whatever else the process imports (ACME, Venafi) would be started too.
var wanted = []string{
	issuers.ControllerName,
	trigger.ControllerName, keymanager.ControllerName, requestmanager.ControllerName,
	readiness.ControllerName, issuing.ControllerName, revisionmanager.ControllerName,
	approver.ControllerName, crca.CRControllerName, crselfsigned.CRControllerName,
}

// newControllers makes the controllers and starts their informers. QPS and backoff stay at zero: the factory lifts client
// throttling where the API server has priority and fairness, and a failed issuance is tried again at once.
func newControllers(ctx context.Context, kubeconfig string) (map[string]func(context.Context) error, error) {
	factory, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		Kubeconfig: kubeconfig,
		CertificateOptions: controller.CertificateOptions{
			// The default of cert-manager's own command line, which lives in an internal package.
			CopiedAnnotationPrefixes: []string{"*", "-kubectl.kubernetes.io/"},
		},
	})
	if err != nil {
		return nil, err
	}
	known := controller.Known()
	loops := make(map[string]func(context.Context) error, len(wanted))
	for _, name := range wanted {
		construct, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("%s is not registered", name)
		}
		loop, err := construct(factory)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		loops[name] = func(ctx context.Context) error { return loop.Run(1, ctx) }
	}
	// All contexts of a factory share their informers, which must not start before the last controller has asked for its.
	shared, err := factory.Build()
	if err != nil {
		return nil, err
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	return loops, nil
}
